import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';

/** A flag that only one demo has; its value is text. */
export interface ExtraFlag {
  readonly placeholder: string;
  readonly help: string;
}

export type ExtraFlags = Readonly<Record<string, ExtraFlag>>;

export interface DemoArguments {
  readonly mode: 'run' | 'serve' | 'help';
  readonly json: boolean;
  readonly durationSeconds: number;
  readonly port: number;
  readonly drainDelayMs: number;
  /** What was given for the extra flags. */
  readonly extra: Readonly<Record<string, string | undefined>>;
}

/** The command line is wrong; the message says where, what was given and what was expected. */
export class ArgumentError extends Error {
  override readonly name = 'ArgumentError';
}

const DEFAULT_DURATION_SECONDS = 10;
const SERVE_PORT = 3_000;
const FREE_PORT = 0;

const FLAGS = {
  duration: { type: 'string' },
  json: { type: 'boolean' },
  serve: { type: 'boolean' },
  port: { type: 'string' },
  'drain-delay': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsOptionsConfig;

/** @throws {ArgumentError} a flag is unknown, lacks its value, or has a wrong one */
export function readArguments(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  extraFlags: ExtraFlags,
): DemoArguments {
  const { values, extra } = parse(argv, extraFlags);
  if (values.serve) refuseWithServe(values);
  else refuseWithoutServe(values);
  return {
    mode: values.help ? 'help' : values.serve ? 'serve' : 'run',
    json: values.json ?? false,
    durationSeconds: readNumber('--duration', values.duration, DURATION) ?? DEFAULT_DURATION_SECONDS,
    port:
      readNumber('--port', values.port, PORT) ??
      readNumber('PORT', env['PORT'], PORT) ??
      (values.serve ? SERVE_PORT : FREE_PORT),
    drainDelayMs: (readNumber('--drain-delay', values['drain-delay'], DELAY) ?? 0) * 1000,
    extra,
  };
}

type Values = ReturnType<typeof parseArgs<{ options: typeof FLAGS }>>['values'];

function parse(
  argv: readonly string[],
  extraFlags: ExtraFlags,
): { values: Values; extra: Record<string, string | undefined> } {
  const names = Object.keys(extraFlags);
  const options: ParseArgsOptionsConfig = {
    ...Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
    ...FLAGS,
  };
  try {
    const { values } = parseArgs({ args: [...argv], options });
    return {
      values,
      extra: Object.fromEntries(names.map((name) => [name, values[name] as string | undefined])),
    };
  } catch (error) {
    // Node's own words name the flag; the advice about `--` that may follow is of no use here.
    const [message] = (error as Error).message.split('. To specify');
    throw new ArgumentError(message, { cause: error });
  }
}

interface NumberRule {
  readonly expected: string;
  isValid(value: number): boolean;
}

const DURATION: NumberRule = {
  expected: 'seconds from 1 to 3600',
  isValid: (value) => value >= 1 && value <= 3600,
};
const DELAY: NumberRule = {
  expected: 'seconds from 0 to 300',
  isValid: (value) => value >= 0 && value <= 300,
};
const PORT: NumberRule = {
  expected: 'a port from 0 (any free one) to 65535',
  isValid: (value) => Number.isInteger(value) && value >= 0 && value <= 65535,
};

function readNumber(name: string, text: string | undefined, rule: NumberRule): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (rule.isValid(value)) return value;
  throw new ArgumentError(`${name}: expected ${rule.expected}, got ${JSON.stringify(text)}`);
}

function refuseWithServe({ json, duration }: Values): void {
  if (json) throw new ArgumentError('--json is for a run: with --serve there is no summary to print');
  if (duration !== undefined) throw new ArgumentError('--duration is for a run: --serve ends by a signal');
}

function refuseWithoutServe(values: Values): void {
  if (values['drain-delay'] !== undefined) throw new ArgumentError('--drain-delay is for --serve');
}

/** The help. */
export function usageOf(name: string, extraFlags: ExtraFlags): string {
  const extra = Object.entries(extraFlags).map(([flag, { placeholder, help }]) => [
    `--${flag} <${placeholder}>`,
    help,
  ]);
  const rows = [
    ['--duration <s>', `how long the run takes, in seconds; default ${DEFAULT_DURATION_SECONDS}`],
    ['--json', 'print the summary as one JSON object, and nothing else'],
    ['--serve', 'only serve, until Ctrl-C'],
    ['--drain-delay <s>', 'with --serve: how long /readyz says 503 before the service stops; default 0'],
    ['--port <n>', `or PORT in the environment; default ${SERVE_PORT} with --serve, else any free one`],
    ...extra,
    ['--help', 'print this'],
  ];
  const lines = rows.map(([flag = '', help]) => `  ${flag.padEnd(20)}${help}`);
  return [`${name}: a small bank service and the load that tries it`, '', ...lines].join('\n');
}
