// What stands in for a missing picture is one rule, and the element's.

export { initials } from "../../inbox/src/initials";
