import { describe, expect, test } from 'vitest';
import { DEFAULTS, resolveOptions, type PoolOptions } from '@pool/core';
import { defineConfig, PRESETS, type PresetName } from '../src/index.ts';

const NAMES = Object.keys(PRESETS) as PresetName[];
const POOLED = ['web', 'worker', 'serverless'] as const;
const optionsOf = (preset: PresetName, pool = {}): PoolOptions =>
  defineConfig({ db: { driver: 'postgres', url: 'postgres://h/db', preset, pool } }).db.pool;
/** What a pool with the preset runs with. */
const effective = (preset: PresetName) => resolveOptions(optionsOf(preset));

describe('a preset', () => {
  test.each(NAMES)('%s gives a reason for each of its values, and for nothing else', (name) => {
    const {
      pool,
      sqlite = {},
      reasons,
    } = PRESETS[name] as { pool: object; sqlite?: object; reasons: object };

    expect(Object.keys(reasons).toSorted()).toEqual(Object.keys({ ...pool, ...sqlite }).toSorted());
  });

  test.each(POOLED)('%s names no value that is the default already', (name) => {
    const same = Object.entries(optionsOf(name)).filter(([key, value]) => DEFAULTS[key as 'max'] === value);

    expect(same).toEqual([]);
  });

  test('web keeps the rules of the trade: 10 to 20 an instance, 2 to 5 open, acquire in 2 to 5 s, idle 30 to 60 s, life 30 min', () => {
    const { max, min, acquireTimeoutMs, idleTimeoutMs, maxLifetimeMs } = effective('web');

    expect(max >= 10 && max <= 20).toBe(true);
    expect(min >= 2 && min <= 5).toBe(true);
    expect(acquireTimeoutMs >= 2_000 && acquireTimeoutMs <= 5_000).toBe(true);
    expect(idleTimeoutMs >= 30_000 && idleTimeoutMs <= 60_000).toBe(true);
    expect(maxLifetimeMs).toBe(1_800_000);
  });

  test('worker waits longer than web, for its connection and before it takes a lease for leaked', () => {
    expect(effective('worker').acquireTimeoutMs).toBeGreaterThan(effective('web').acquireTimeoutMs);
    expect(effective('worker').leakThresholdMs).toBeGreaterThan(DEFAULTS.leakThresholdMs);
  });

  test('serverless is one connection, and keeps none open for its own sake', () => {
    expect(effective('serverless')).toMatchObject({ max: 1, min: 0, keepaliveIntervalMs: Infinity });
  });

  test('embedded is one writer, which loses no commit to a power cut', () => {
    const config = defineConfig({ db: { driver: 'sqlite', url: 'file:a.db', preset: 'embedded' } }).db;

    expect(config).toMatchObject({ readers: 2, durability: 'full' });
    // The adapter's default, 1, stays.
    expect(config).not.toHaveProperty('writers');
  });

  test('stands below what is said', () => {
    expect(optionsOf('web', { acquireTimeout: '4s' })).toMatchObject({ max: 15, acquireTimeoutMs: 4_000 });
  });

  test('’s min gives way to a smaller max that is said', () => {
    expect(optionsOf('web', { max: 1 })).toMatchObject({ max: 1, min: 1 });
  });

  test.each(NAMES)('%s leaves out for SQLite what its adapter refuses', (preset) => {
    const { pool } = defineConfig({ db: { driver: 'sqlite', url: 'file:a.db', preset } }).db;

    expect(pool).not.toHaveProperty('max');
    expect(pool).not.toHaveProperty('min');
  });
});
