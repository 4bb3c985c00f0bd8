/** As Stryker writes it, the part that is read. */
export interface MutationReport {
  readonly files: Readonly<
    Record<string, { readonly source: string; readonly mutants: readonly RawMutant[] }>
  >;
}

interface Place {
  /** From 1, as the column. */
  readonly line: number;
  readonly column: number;
}

interface RawMutant {
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly status: string;
  readonly location: { readonly start: Place; readonly end: Place };
}

export interface Survivor {
  readonly file: string;
  readonly line: number;
  readonly mutator: string;
  readonly original: string;
  readonly replacement: string;
}

export interface Score {
  readonly file: string;
  readonly mutants: number;
  /** By a failing test, or by a test that did not come to an end. */
  readonly killed: number;
  readonly survivors: readonly Survivor[];
}

const KILLED = new Set(['Killed', 'Timeout']);
const ALIVE = new Set(['Survived', 'NoCoverage']);

/** One score per file, in the order of the report. */
export function scoresOf({ files }: MutationReport): Score[] {
  return Object.entries(files).map(([file, { source, mutants }]) => {
    const alive = mutants.filter(({ status }) => ALIVE.has(status));
    const killed = mutants.filter(({ status }) => KILLED.has(status)).length;
    return {
      file,
      killed,
      mutants: killed + alive.length,
      survivors: alive.map((mutant) => describe(file, source, mutant)),
    };
  });
}

function describe(file: string, source: string, { mutatorName, replacement, location }: RawMutant): Survivor {
  const { start, end } = location;
  return {
    file,
    line: start.line,
    mutator: mutatorName,
    original: oneLine(textAt(source, start, end)),
    replacement: oneLine(replacement ?? ''),
  };
}

function textAt(source: string, start: Place, end: Place): string {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  lines[lines.length - 1] = lines.at(-1)!.slice(0, end.column - 1);
  lines[0] = lines[0]!.slice(start.column - 1);
  return lines.join('\n');
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();
