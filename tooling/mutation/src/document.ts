import type { Score, Survivor } from './report.ts';
import { REASONS } from './reasons.ts';

const percent = (killed: number, mutants: number): string => `${((100 * killed) / mutants).toFixed(1)} %`;

export interface Totals {
  readonly mutants: number;
  readonly killed: number;
}

export function totalsOf(scores: readonly Score[]): Totals {
  return {
    mutants: scores.reduce((sum, { mutants }) => sum + mutants, 0),
    killed: scores.reduce((sum, { killed }) => sum + killed, 0),
  };
}

/** Why nothing tells the mutant from the original, if somebody looked. */
export function reasonOf({ file, original, replacement }: Survivor): string | undefined {
  return REASONS.find(
    (reason) =>
      file.endsWith(reason.file) &&
      original.includes(reason.original) &&
      (reason.replacement ?? replacement) === replacement,
  )?.why;
}

export function renderDocument(scores: readonly Score[], version: string): string {
  const { mutants, killed } = totalsOf(scores);
  const rows = scores.map(
    (score) =>
      `| \`${score.file}\` | ${score.mutants} | ${score.killed} | ${percent(score.killed, score.mutants)} |`,
  );
  const survivors = scores.flatMap((score) => score.survivors);
  return `# Mutation check

Written by \`npm run mutate\`; do not edit. Stryker ${version} changes the sources of \`@pool/core\` one small thing at a time, and runs the
tests that reach it. A mutant is killed when one fails or does not end; one that survives shows what no test would notice.

| file | mutants | killed | |
| --- | ---: | ---: | ---: |
${rows.join('\n')}
| **all** | **${mutants}** | **${killed}** | **${percent(killed, mutants)}** |

## Survivors

${survivors.length === 0 ? 'None.' : ['| place | was | became | why it lives |', '| --- | --- | --- | --- |', ...survivors.map(renderSurvivor)].join('\n')}
`;
}

const shorten = (code: string): string => (code.length > 70 ? `${code.slice(0, 69)}…` : code);

function renderCode(code: string): string {
  return code === '' ? '(nothing)' : `\`${shorten(code).replaceAll('|', '\\|')}\``;
}

function renderSurvivor(survivor: Survivor): string {
  const { file, line, original, replacement } = survivor;
  const place = `${file.replace('src/', '').replace('internal/', '')}:${line}`;
  const why = reasonOf(survivor) ?? 'not looked into';
  return `| ${place} | ${renderCode(original)} | ${renderCode(replacement)} | ${why} |`;
}
