/**
 * Seeded bugs of queues with a schema: what is judged, and when; and of capabilities. Elsewhere: seeded.ts has the others, typed.ts and
 * capabilities.ts the scenarios.
 *
 * Checked by: test/explore/seeded.test.ts.
 */
import { bug, one, type SeededBug } from './bug.ts';

const CAREFUL = 'src/kernel/path/1-send-careful.ts';
const REWRITTEN = 'typed: the source is rewritten';
const RUNS = 'typed: refused while a receiver runs';

const COPY = '  copyBytes(payload, source, bytes);\n';
const JUDGE = '  const accepted = sendTyped(sender, payload, bytes);\n';
const REFUSE = '  if (accepted < 0) return sendReject(sender, accepted);\n';
const FINISH = '  return sendFinish(sender, ring, bytes, kind, userLow, userHigh);\n';

export const TYPED_SEEDED: SeededBug[] = [
  bug('sequential', 'typed: the source is judged, not the copy', [REWRITTEN], one(CAREFUL, JUDGE, '  const accepted = sendTyped(sender, source, bytes);\n')),
  bug('sequential', 'typed: the copy is made after it was judged', [REWRITTEN], one(CAREFUL, COPY, ''),
    one(CAREFUL, JUDGE, '  const accepted = sendTyped(sender, source, bytes);\n' + COPY)),
  bug('sequential', 'typed: copied anew after it was judged', [REWRITTEN], one(CAREFUL, JUDGE, JUDGE + COPY)),
  bug('sequential', 'typed: published before it is judged', [RUNS], one(CAREFUL, JUDGE + REFUSE, ''),
    one(CAREFUL, FINISH, FINISH.replace('return', 'const sent =') + JUDGE + REFUSE + '  return sent;\n')),
  bug('sequential', 'typed: what is refused takes its slot', [RUNS],
    one(CAREFUL, REFUSE, '  if (accepted < 0) {\n    store32(ring, RING_AT, (load32(ring, RING_AT) + 1) | 0);\n    return sendReject(sender, accepted);\n  }\n')),
  bug('sequential', 'typed: what is refused is not said to be', [RUNS], one(CAREFUL, REFUSE, '  if (accepted < 0) return STATUS_OK;\n')),
  bug('sequential', 'typed: what is described is not judged', ['typed: what is described is judged where it lies'],
    one(CAREFUL, '  if (refused >= 0) refused = sendTypedRegion(sender, region, offsetLow, length);\n', '')),
];

const PASSED_ON = 'capability: passed on while revoked';

export const CAPABILITY_SEEDED: SeededBug[] = [
  bug('sequential', 'capability: a grant does not look at its origin again', [PASSED_ON],
    one('src/kernel/capability/grant.ts', 'const word = capabilityStill(origin, cap) ? handle : capabilityFreed(handle);', 'const word = handle;')),
  bug('sequential', 'capability: a revoke passes over what is being filled', [PASSED_ON],
    one('src/kernel/capability/revoke.ts', 'if ((word > 0 || filling) && derives', 'if (word > 0 && derives'),
    one('src/kernel/capability/revoke.ts', 'pass < REVOKE_PASSES && last !== 0', 'pass < 1 && last !== 0')),
];
