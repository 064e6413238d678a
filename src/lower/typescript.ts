/**
 * TypeScript's compiler, loaded by `require`: through `import`, the loader that runs our sources takes a second longer over it.
 * Types come from `import type TS from 'typescript'`.
 */
import { createRequire } from 'node:module';
import type TS from 'typescript';

const ts = createRequire(import.meta.url)('typescript') as typeof TS;
export default ts;
