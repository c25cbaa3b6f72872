// A worker has no host: it asks the tabs for a token. The first that takes it on answers, and the others are quiet.

import { given, type GiveToken } from "../core/api";
import type { World } from "../core/world";
import type { Message } from "./messages";
import { openChannel } from "./messages";

/** Each tab waits by chance for up to so long whether another one takes it on. */
const MANNERS_MS = 200;

const named = (name: string) => `${name} token`;

export function askTabs(name: string, random: () => number): GiveToken {
  const channel = openChannel(named(name));
  const open = new Map<string, (answer: Message & { say: "token" }) => void>();
  channel.hear((message) => message.say === "token" && open.get(message.question)?.(message));
  return (refresh) =>
    new Promise((resolve, reject) => {
      const question = `${random()}`;
      open.clear(); // the machine asks one question at a time, and goes on after its own patience
      open.set(question, ({ token, failed }) => {
        open.delete(question);
        if (failed) reject(new Error("no token"));
        else resolve(token);
      });
      channel.post({ say: "token?", refresh, question });
    });
}

/** Gives what ends that. */
export function answerWorker(name: string, give: GiveToken, world: World): () => void {
  const channel = openChannel(named(name));
  let waiting: { question: string; timer: unknown } | null = null;
  channel.hear((message) => {
    if (message.say === "token!" && waiting?.question === message.question) {
      world.clearTimer(waiting.timer);
      waiting = null;
    } else if (message.say === "token?") {
      const { question, refresh } = message;
      world.clearTimer(waiting?.timer);
      const answer = () => {
        channel.post({ say: "token!", question });
        return given(give, refresh).then(
          (token) => channel.post({ say: "token", token, failed: false, question }),
          () => channel.post({ say: "token", token: null, failed: true, question }),
        );
      };
      waiting = {
        question,
        timer: world.setTimer(() => void answer(), world.random() * MANNERS_MS),
      };
    }
  });
  return () => channel.close();
}
