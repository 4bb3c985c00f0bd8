import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { effectOf, isRead, type StatementEffect } from '../src/statement-effect.ts';

const EFFECTS: Record<StatementEffect, string[]> = {
  none: [
    'SELECT 1',
    "select * from user where email = 'a@b.c' and note like '%(x)%'",
    '  (SELECT a FROM b) UNION (SELECT c FROM d)',
    '/* route: /orders */ SELECT COUNT(*) FROM orders',
    'WITH n AS (SELECT 1) SELECT * FROM n WHERE id IN (1, 2)',
    "INSERT INTO user (email) VALUES ('a@b.c') ON DUPLICATE KEY UPDATE n = VALUES(n)",
    'UPDATE t SET a = myfunction(a)',
    'DELETE FROM t WHERE id = 1',
    'REPLACE INTO t SELECT * FROM u',
    'COMMIT',
    'ROLLBACK TO SAVEPOINT a',
    'RELEASE SAVEPOINT a',
    'CREATE TABLE t (id INT)',
    'ALTER TABLE t ADD COLUMN b INT',
    'TRUNCATE t',
    'EXPLAIN SELECT 1',
    'SHOW TABLES',
    'SELECT /*+ MAX_EXECUTION_TIME(1000) */ 1',
  ],
  begin: [
    'BEGIN',
    'begin work;',
    'START TRANSACTION READ ONLY',
    '/* a */ START TRANSACTION WITH CONSISTENT SNAPSHOT',
  ],
  nextTransaction: ['SET TRANSACTION ISOLATION LEVEL SERIALIZABLE', 'set transaction read only'],
  schema: ['USE other', 'DROP DATABASE other', 'ALTER SCHEMA other COLLATE utf8mb4_bin'],
  session: [
    'SET @a = 1',
    "SET NAMES 'latin1'",
    'SET SESSION TRANSACTION READ ONLY',
    'SELECT @a := 1',
    'SELECT 1 INTO @a',
    'SELECT 1 INTO\n@a, @b',
    'SELECT 1 INTO /* hidden */ @a',
    "SELECT GET_LOCK('a', 1)",
    "INSERT INTO t SELECT get_lock('a', 1)",
    "SELECT service_get_write_locks('a', 'b', 1)",
    'SELECT myfunction(1)',
    'SELECT shop.concat(1)',
    'SELECT `myfunction`(1)',
    'SELECT größe(1)',
    'SELECT 1 /*! INTO @a */',
    'SELECT 1 /*M! INTO @a */',
    '/*!50000 SET @a = 1 */',
    'CREATE TEMPORARY TABLE t (id INT)',
    'CREATE OR REPLACE TEMPORARY TABLE t (id INT)',
    'LOCK TABLES t READ',
    'FLUSH TABLES WITH READ LOCK',
    "PREPARE s FROM 'SELECT 1'",
    'EXECUTE s',
    'CALL p()',
    'HANDLER t OPEN',
    'XA START "a"',
    'BEGIN NOT ATOMIC SET @a = 1; END',
    'SET STATEMENT max_statement_time = 1 FOR SELECT 1',
    'SELECTION',
    '-- SELECT\nSET @a = 1',
    '',
  ],
};

describe('what a text tells of what it leaves in the session', () => {
  for (const [effect, texts] of Object.entries(EFFECTS)) {
    test.each(texts)(`${effect}: %s`, (sql) => {
      expect(effectOf(sql, false)).toBe(effect);
    });
  }

  test('several statements in one text are never known to be harmless', () => {
    expect(effectOf('SELECT 1; SET @a = 1', true)).toBe('session');
    expect(effectOf('SELECT 1', true)).toBe('none');
  });

  test('a text that is too long to be read is not known either', () => {
    expect(effectOf(`SELECT '${'x'.repeat(1_100_000)}'`, false)).toBe('session');
  });

  test('data in a statement can make it suspect, never harmless', () => {
    fc.assert(
      fc.property(fc.constantFrom(...EFFECTS.session.filter(Boolean)), fc.string(), (sql, data) => {
        expect(effectOf(`${sql} /* ${data.replaceAll('*/', '')} */`, false)).toBe('session');
      }),
    );
  });
});

test('only what reads and locks nothing can be told to have had no effect', () => {
  expect(isRead('SELECT 1')).toBe(true);
  for (const sql of [
    'SELECT 1 FOR UPDATE',
    'INSERT INTO t VALUES (1)',
    'SELECT f()',
    'SELECT 1; DELETE FROM t',
    'CALL p()',
  ]) {
    expect(isRead(sql)).toBe(false);
  }
});
