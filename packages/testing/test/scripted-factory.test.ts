import { describe, expect, test, vi } from 'vitest';
import {
  ScriptedFactory,
  VirtualClock,
  type Behaviour,
  type FactoryScript,
  type ScriptedConnection,
} from '../src/index.ts';

function factoryOf(script: FactoryScript = {}): {
  clock: VirtualClock;
  factory: ScriptedFactory;
  abort: AbortController;
  create: () => Promise<ScriptedConnection>;
} {
  const clock = new VirtualClock();
  const factory = new ScriptedFactory(clock, script);
  const abort = new AbortController();
  return {
    clock,
    factory,
    abort,
    create: () =>
      factory.create({ signal: abort.signal, lost: () => {}, report: () => {}, acquiredAt: () => undefined }),
  };
}

const outcomeOf = (promise: Promise<unknown>): { state: string } => {
  const seen = { state: 'pending' };
  promise.then(
    () => (seen.state = 'fulfilled'),
    () => (seen.state = 'rejected'),
  );
  return seen;
};

describe('a scripted factory', () => {
  test('opens a connection without taking any time, unless told otherwise', async () => {
    const { factory, create } = factoryOf();

    expect((await create()).id).toBe(1);
    expect(factory.connections.map(({ id }) => id)).toEqual([1]);
  });

  test.each<[Behaviour, string, string]>([
    [{ kind: 'slow', ms: 100 }, 'pending', 'fulfilled'],
    [{ kind: 'late', ms: 100 }, 'pending', 'fulfilled'],
    [{ kind: 'fail', afterMs: 100 }, 'pending', 'rejected'],
    [{ kind: 'late', ms: 100, error: new Error('late') }, 'pending', 'rejected'],
    [{ kind: 'fail' }, 'rejected', 'rejected'],
    [{ kind: 'never' }, 'pending', 'pending'],
    [{ kind: 'slow', ms: Infinity }, 'pending', 'pending'],
  ])('told to %o is %s after 99 ms and %s after 100', async (behaviour, before, after) => {
    const { clock, create } = factoryOf({ create: behaviour });
    const seen = outcomeOf(create());
    await clock.advance(99);
    const at99 = seen.state;
    await clock.advance(1);

    expect([at99, seen.state]).toEqual([before, after]);
  });

  test.each<[Behaviour, string]>([
    [{ kind: 'slow', ms: 100 }, 'rejected'],
    [{ kind: 'slow', ms: Infinity }, 'rejected'],
    [{ kind: 'fail', afterMs: 100 }, 'rejected'],
    [{ kind: 'late', ms: 100 }, 'pending'],
    [{ kind: 'never' }, 'pending'],
  ])('told to %o is %s when its signal aborts', async (behaviour, after) => {
    const { clock, abort, create } = factoryOf({ create: behaviour });
    const seen = outcomeOf(create());
    abort.abort(new Error('stop'));
    await clock.settle();

    expect(seen.state).toBe(after);
  });

  test('that obeys its signal leaves no timer on the clock, and no listener on the signal', async () => {
    const { clock, abort, create } = factoryOf({ create: { kind: 'slow', ms: 100 } });
    const added = vi.spyOn(abort.signal, 'addEventListener');
    const removed = vi.spyOn(abort.signal, 'removeEventListener');
    const done = create();
    await clock.advance(100);
    await done;
    outcomeOf(create());
    abort.abort(new Error('stop'));

    expect([added.mock.calls.length, removed.mock.calls.length, clock.pendingTimers]).toEqual([2, 1, 0]);
  });

  test('rejects at once when its signal has aborted already', async () => {
    const { abort, create } = factoryOf({ create: { kind: 'slow', ms: 100 } });
    abort.abort(new Error('stop'));

    await expect(create()).rejects.toThrow('stop');
  });

  test.each(['create', 'destroy', 'validate', 'reset'] as const)(
    'told to throw does so from %s itself',
    async (step) => {
      const { factory, create, abort } = factoryOf();
      const connection = await create();
      factory.next(step, { kind: 'throw', error: new Error('as told') });
      const calls = {
        create,
        destroy: () => factory.destroy(connection, 'closed'),
        validate: () => factory.validate(connection, abort.signal),
        reset: () => factory.reset(connection, abort.signal),
      };

      expect(calls[step]).toThrow('as told');
    },
  );

  test('does once what next() says, in the order of its calls, and then what the script says', async () => {
    const { factory, create } = factoryOf({ create: { kind: 'fail', error: new Error('script') } });
    factory.next('create', 'ok').next('create', { kind: 'fail', error: new Error('second') });

    expect((await create()).id).toBe(1);
    await expect(create()).rejects.toThrow('second');
    await expect(create()).rejects.toThrow('script');
  });

  test('counts what is open as a server does: from the start of create to the end of destroy', async () => {
    const { clock, factory, create } = factoryOf({
      create: { kind: 'slow', ms: 10 },
      destroy: { kind: 'slow', ms: 10 },
    });
    const opening = create();
    const seen = [factory.open];
    await clock.advance(10);
    void factory.destroy(await opening, 'idle');
    seen.push(factory.open);
    await clock.advance(10);
    seen.push(factory.open);

    expect([seen, factory.peakOpen]).toEqual([[1, 1, 0], 1]);
  });

  test.each<Behaviour>([{ kind: 'fail' }, { kind: 'throw' }])(
    'counts a connection as gone whose destroy does %o',
    async (destroy) => {
      const { clock, factory, create } = factoryOf({ destroy });
      const connection = await create();
      try {
        void Promise.resolve(factory.destroy(connection, 'idle')).catch(() => {});
      } catch {
        // As told.
      }
      await clock.settle();

      expect(factory.open).toBe(0);
    },
  );

  test.each<Behaviour>([{ kind: 'fail' }, { kind: 'throw' }])(
    'counts nothing as open whose create does %o',
    async (create) => {
      const { clock, factory, create: call } = factoryOf({ create });
      try {
        outcomeOf(call());
      } catch {
        // As told.
      }
      await clock.settle();

      expect([factory.open, factory.connections, factory.calls.create]).toEqual([0, [], 1]);
    },
  );

  test('writes down on the connection why each destroy of it was', async () => {
    const { factory, create } = factoryOf();
    const connection = await create();
    void factory.destroy(connection, 'lost');
    void factory.destroy(connection, 'closed');

    expect(connection.destroyed).toEqual(['lost', 'closed']);
  });
});
