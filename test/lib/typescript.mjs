// `node --import ./test/lib/typescript.mjs FILE.ts`: as `--import tsx`, but for workers too, which inherit this option.
import { register } from 'tsx/esm/api';

register();
