// What a badge says is one rule, and the element's.

export { badgeText } from "../../inbox/src/badge";
