// Child processes: run one to its end, or read its lines as they come.

/** Feeds `input` and resolves with what the process said. */
export function finished(child, input = "") {
  return new Promise((resolve, reject) => {
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
    child.stdin.on("error", () => {}); // it may have ended without reading: its exit code tells
    child.stdin.end(input);
  });
}
