// Which links are followed is one rule, and the element's.

export { leavesSite, safeHref } from "../../inbox/src/link";
