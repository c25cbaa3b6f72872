// The words of the bell, which is there before all else.

export const bellEn = { title: "Notifications", unread: "{n} unread", apart: "not connected" };

export type BellTexts = typeof bellEn;

export const bellZh: BellTexts = { title: "通知", unread: "{n} 条未读", apart: "未连接" };
