// The words of the bell, which is there before all else.

export const bellEn = { title: "Notifications", unread: "{n} unread", apart: "not connected" };
export const bellZh: typeof bellEn = { title: "通知", unread: "{n} 条未读", apart: "未连接" };

/** With what is said only where nothing else comes that has words. */
export const aloneEn = { ...bellEn, failed: "could not be loaded" };
export const aloneZh: BellTexts = { ...bellZh, failed: "未能加载" };

export type BellTexts = typeof aloneEn;
