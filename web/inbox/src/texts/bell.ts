// The words of the bell, which is there before all else.

export const bellEn = {
  title: "Notifications",
  unread: "{n} unread",
  apart: "not connected",
  failed: "The inbox could not be loaded. Try again.",
};

export type BellTexts = typeof bellEn;

export const bellZh: BellTexts = {
  title: "通知",
  unread: "{n} 条未读",
  apart: "未连接",
  failed: "收件箱未能加载，请重试。",
};
