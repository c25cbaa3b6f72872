// A correction: what the form holds, and the patch that it becomes. Only what is other is sent.

import type { Correction, Level, Sent } from "../api/types";
import { fromField, toField } from "../ui/local-time";

export interface Form {
  title: string;
  body: string;
  level: Level;
  link: string;
  /** As a field of date and time has it; empty for one that is delivered. */
  deliverAt: string;
}

export const toForm = ({ title, body, level, link, deliver_at }: Sent): Form => ({
  title,
  body: body ?? "",
  level,
  link: link ?? "",
  deliverAt: deliver_at === undefined ? "" : toField(new Date(deliver_at)),
});

export function toCorrection(form: Form, before: Form): Correction {
  const correction: Correction = {};
  if (form.title.trim() !== before.title) correction.title = form.title.trim();
  if (form.body !== before.body) correction.body = form.body.trimEnd() || null;
  if (form.level !== before.level) correction.level = form.level;
  if (form.link.trim() !== before.link) correction.link = form.link.trim() || null;
  const at = form.deliverAt === before.deliverAt ? null : fromField(form.deliverAt);
  if (at !== null) correction.deliver_at = at;
  return correction;
}
