import { describe, expect, it } from 'vitest';
import { ArgumentError, readArguments, usageOf, type ExtraFlags } from '../src/arguments.ts';

const flags: ExtraFlags = { file: { placeholder: 'path', help: 'where the database is kept' } };
const read = (line: string, env: NodeJS.ProcessEnv = {}) =>
  readArguments(line === '' ? [] : line.split(' '), env, flags);

describe('the command line', () => {
  it('runs for ten seconds at a free port when nothing is given', () => {
    expect(read('')).toEqual({
      mode: 'run',
      json: false,
      durationSeconds: 10,
      port: 0,
      drainDelayMs: 0,
      extra: { file: undefined },
    });
  });

  it('takes every flag of a run', () => {
    expect(read('--json --duration 1.5 --port=8080 --file bank.db')).toMatchObject({
      mode: 'run',
      json: true,
      durationSeconds: 1.5,
      port: 8080,
      extra: { file: 'bank.db' },
    });
  });

  it('serves at port 3000 unless told otherwise', () => {
    expect(read('--serve')).toMatchObject({ mode: 'serve', port: 3000 });
    expect(read('--serve', { PORT: '4000' })).toMatchObject({ port: 4000 });
    expect(read('--serve --port 5000 --drain-delay 5', { PORT: '4000' })).toMatchObject({
      port: 5000,
      drainDelayMs: 5_000,
    });
  });

  it('helps', () => {
    expect(read('-h')).toMatchObject({ mode: 'help' });
    const usage = usageOf('demo', flags);
    for (const flag of [
      '--duration <s>',
      '--json',
      '--serve',
      '--drain-delay <s>',
      '--port <n>',
      '--file <path>',
    ]) {
      expect(usage).toContain(flag);
    }
  });

  it.each([
    ['--fast', "Unknown option '--fast'"],
    ['fast', "Unexpected argument 'fast'"],
    ['--duration', "Option '--duration <value>' argument missing"],
    ['--json=yes', "Option '--json' does not take an argument"],
    ['--duration soon', '--duration: expected seconds from 1 to 3600, got "soon"'],
    ['--duration 0', '--duration: expected seconds from 1 to 3600, got "0"'],
    ['--duration=', '--duration: expected seconds from 1 to 3600, got ""'],
    ['--port 70000', '--port: expected a port from 0 (any free one) to 65535, got "70000"'],
    ['--serve --json', '--json is for a run'],
    ['--serve --duration 5', '--duration is for a run'],
    ['--serve --drain-delay -1', "Option '--drain-delay' argument is ambiguous"],
    ['--serve --drain-delay=-1', '--drain-delay: expected seconds from 0 to 300, got "-1"'],
    ['--drain-delay 1', '--drain-delay is for --serve'],
  ])('refuses %s and says why', (line, message) => {
    expect(() => read(line)).toThrow(ArgumentError);
    expect(() => read(line)).toThrow(message);
  });

  it('names PORT when that is wrong', () => {
    expect(() => read('', { PORT: 'http' })).toThrow(
      'PORT: expected a port from 0 (any free one) to 65535, got "http"',
    );
  });
});
