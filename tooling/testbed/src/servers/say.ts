/** One line for whoever reads the output of a run: which server it is, or that one is being installed. */
export function say(line: string): void {
  process.stderr.write(`[testbed] ${line}\n`);
}
