/** The oldest that have `light-dark()` and popovers, which the element is styled with: what is older gets neither. */
export const BROWSERS = ["chrome123", "edge123", "firefox125", "safari17.5"];
