import { expect, test } from 'vitest';
import { loadCatalogue } from '../src/catalogue.ts';
import { OURS } from '../src/pools.ts';
import { runAll } from '../src/runner.ts';

test('the catalogue has the bug classes B1 to B28, in order', async () => {
  const ids = (await loadCatalogue()).map(({ program }) => program.id);
  expect(ids).toEqual(Array.from({ length: 28 }, (_, index) => `B${index + 1}`));
});

test('@pool/core passes every bug class', { timeout: 300_000 }, async () => {
  const results = await runAll(await loadCatalogue(), [OURS], { atOnce: 4 });
  const others = results.filter(({ outcome }) => outcome !== 'pass');
  expect(others).toEqual([]);
  expect(results).toHaveLength(28);
});
