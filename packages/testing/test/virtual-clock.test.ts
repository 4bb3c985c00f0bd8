import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../src/index.ts';

/** A clock, and what its timers and deferred callbacks wrote down: their name and the time. */
function clockAndLog(): { clock: VirtualClock; log: string[]; note: (name: string) => () => void } {
  const clock = new VirtualClock();
  const log: string[] = [];
  return { clock, log, note: (name) => () => void log.push(`${name} at ${clock.now()}`) };
}

describe('a virtual clock', () => {
  test('P23: stands still however long the test takes', async () => {
    const { clock } = clockAndLog();
    await clock.settle();
    await clock.settle();

    expect([clock.now(), clock.turnNow()]).toEqual([0, 0]);
  });

  test('P23: fires timers in the order in which they are due, each at its own time', async () => {
    const { clock, log, note } = clockAndLog();
    clock.setTimer(note('late'), 20, false);
    clock.setTimer(note('early'), 10, true);
    await clock.advance(30);

    expect(log).toEqual(['early at 10', 'late at 20']);
    expect(clock.now()).toBe(30);
  });

  test('P23: fires timers of the same instant in the order of their making', async () => {
    const { clock, log, note } = clockAndLog();
    clock.setTimer(note('first'), 10, false);
    clock.setTimer(note('second'), 10, false);
    await clock.advance(10);

    expect(log).toEqual(['first at 10', 'second at 10']);
  });

  test('P23: does not fire what is due one moment later', async () => {
    const { clock, log, note } = clockAndLog();
    clock.setTimer(note('timer'), 10, false);
    await clock.advance(9.999);

    expect([log, clock.pendingTimers]).toEqual([[], 1]);
  });

  test('P23: fires on its way a timer that a timer has set', async () => {
    const { clock, log, note } = clockAndLog();
    clock.setTimer(() => clock.setTimer(note('inner'), 5, false), 10, false);
    await clock.advance(20);

    expect(log).toEqual(['inner at 15']);
  });

  test('P23: fires no timer that was cancelled, also by another one of the same instant', async () => {
    const { clock, log, note } = clockAndLog();
    clock.setTimer(() => second.cancel(), 10, false);
    const second = clock.setTimer(note('second'), 10, false);
    await clock.advance(10);
    second.cancel();

    expect([log, clock.pendingTimers]).toEqual([[], 0]);
  });

  test('P7: lets promises settle between two timers of the same instant', async () => {
    const { clock, log, note } = clockAndLog();
    clock.setTimer(() => void Promise.resolve().then(note('promise')), 10, false);
    clock.setTimer(note('second'), 10, false);
    await clock.advance(10);

    expect(log).toEqual(['promise at 10', 'second at 10']);
  });

  test('P7: runs what a timer defers after all timers of the same instant, as an event loop does', async () => {
    const { clock, log, note } = clockAndLog();
    clock.setTimer(() => clock.defer(note('deferred')), 10, false);
    clock.setTimer(note('second'), 10, false);
    await clock.advance(10);

    expect(log).toEqual(['second at 10', 'deferred at 10']);
  });

  test('P7: runs what is deferred before time moves on', async () => {
    const { clock, log, note } = clockAndLog();
    clock.defer(note('deferred'));
    await clock.advance(10);

    expect(log).toEqual(['deferred at 0']);
  });

  test('P7: runs what a deferred callback defers in the next turn, within the same settle()', async () => {
    const { clock, log, note } = clockAndLog();
    clock.defer(() => clock.defer(note('inner')));
    clock.defer(note('second'));
    await clock.settle();

    expect(log).toEqual(['second at 0', 'inner at 0']);
  });

  test('P7: fires nothing during a stall; at its end come timers, then what arrived, then what they deferred', async () => {
    const { clock, log, note } = clockAndLog();
    clock.setTimer(
      () => {
        note('timer')();
        clock.defer(note('deferred'));
      },
      10,
      false,
    );
    await clock.stall(100, note('arrived'));

    expect(log).toEqual(['timer at 100', 'arrived at 100', 'deferred at 100']);
  });

  test('P7: computes within one turn: time moves on, and nothing happens', async () => {
    const { clock, log, note } = clockAndLog();
    clock.setTimer(note('timer'), 10, false);
    clock.defer(note('deferred'));
    clock.compute(100);
    const during = [...log];
    await clock.settle();

    expect([during, log, clock.now()]).toEqual([[], ['deferred at 100'], 100]);
  });

  test('P23: fires in the same stall what a timer sets for at once', async () => {
    const { clock, log, note } = clockAndLog();
    clock.setTimer(() => clock.setTimer(note('inner'), 0, false), 10, false);
    await clock.stall(100);

    expect(log).toEqual(['inner at 100']);
  });

  test('P20: tells how many timers are pending, and how many of them keep a process alive', async () => {
    const { clock } = clockAndLog();
    clock.setTimer(() => {}, 10, true);
    clock.setTimer(() => {}, 20, false);
    clock.setTimer(() => {}, Infinity, true);
    await clock.advance(10);

    expect([clock.pendingTimers, clock.keepAliveTimers, clock.firedTimers]).toEqual([2, 1, 1]);
  });

  test('P23: refuses to be moved twice at once: it would tell two times', async () => {
    const { clock } = clockAndLog();
    const first = clock.advance(10);

    await expect(clock.advance(20)).rejects.toThrow('moved already');
    await first;
    expect(clock.now()).toBe(10);
  });

  test.each([-1, Number.NaN, Infinity])('P23: refuses to be moved by %d ms', async (ms) => {
    const { clock } = clockAndLog();

    await expect(clock.advance(ms)).rejects.toThrow(RangeError);
    expect(clock.now()).toBe(0);
  });

  test('P23: can be moved on after a timer has thrown, which the test hears', async () => {
    const { clock, log, note } = clockAndLog();
    clock.setTimer(
      () => {
        throw new Error('timer broke');
      },
      10,
      false,
    );
    clock.setTimer(note('second'), 20, false);

    await expect(clock.advance(20)).rejects.toThrow('timer broke');
    await clock.advance(20);
    expect(log).toEqual(['second at 20']);
  });

  test('P23: gives the same chances for the same seed, and others for another', () => {
    expect(chances(7)).toEqual(chances(7));
    expect(chances(7)).not.toEqual(chances(8));
    for (const chance of chances(7)) expect(chance >= 0 && chance < 1).toBe(true);
  });
});

function chances(seed: number): number[] {
  const clock = new VirtualClock(seed);
  return [clock.random(), clock.random(), clock.random()];
}
