// For Vue: props and events with their types, and an element that is the same from outside.

import { connect, type GiveToken } from "@tidings/client";
import { defineComponent, h, onMounted, ref, watchEffect, type PropType } from "vue";
import type { Message, Texts, TidingsEvents, TidingsInbox as Inbox } from "./index";
import "./index";

type Told<K extends keyof TidingsEvents> = TidingsEvents[K]["detail"];

export const TidingsInbox = defineComponent({
  name: "TidingsInbox",
  props: {
    server: String,
    user: String,
    tokenUrl: String,
    lang: String,
    href: String,
    toasts: { type: Boolean, default: true },
    token: Function as PropType<GiveToken>,
    connect: Function as PropType<typeof connect>,
    texts: Object as PropType<Partial<Texts>>,
  },
  emits: {
    open: (_: Told<"tidings-open">) => true,
    counts: (_: Told<"tidings-counts">) => true,
    state: (_: Told<"tidings-state">) => true,
    /** The event itself: `preventDefault()` on it, and no toast is shown. */
    notification: (_: TidingsEvents["tidings-notification"]) => true,
  },
  setup(props, { emit, slots, expose }) {
    const element = ref<Inbox>();
    // A function that is written in a template is another one each time: the element has one that is not.
    const token: GiveToken = (refresh) => props.token?.(refresh) ?? Promise.resolve(undefined);
    const connected: typeof connect = (options) => (props.connect ?? connect)(options);
    onMounted(() =>
      watchEffect(() => {
        const { value } = element;
        if (!value) return;
        value.texts = props.texts;
        value.connect = props.connect && connected;
        value.token = props.token && token;
      }),
    );
    expose({
      element,
      notify: (message: Message) => element.value?.notify(message),
      authorized: () => element.value?.authorized(),
    });
    return () =>
      h(
        "tidings-inbox",
        {
          ref: element,
          server: props.server,
          user: props.user,
          "token-url": props.tokenUrl,
          lang: props.lang,
          href: props.href,
          toasts: props.toasts ? undefined : "off",
          "onTidings-open": ({ detail }: TidingsEvents["tidings-open"]) => emit("open", detail),
          "onTidings-counts": ({ detail }: TidingsEvents["tidings-counts"]) =>
            emit("counts", detail),
          "onTidings-state": ({ detail }: TidingsEvents["tidings-state"]) => emit("state", detail),
          "onTidings-notification": (event: TidingsEvents["tidings-notification"]) =>
            emit("notification", event),
        },
        slots.footer && h("span", { slot: "footer" }, slots.footer()),
      );
  },
});
