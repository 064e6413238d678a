/**
 * The keyboard of a person at the console: every key goes to the program, except the two ways out.
 *
 * Ctrl-A x ends the emulator at once (Ctrl-A Ctrl-A sends one Ctrl-A). Ctrl-C goes to the program as byte 3, for it to end in its
 * own way; if it has not within the grace time, the emulator is ended. No input device is needed: this is a function of bytes.
 */
const CONTROL_A = 1;
const CONTROL_C = 3;
const LETTER_X = 'x'.charCodeAt(0);

export interface Keys {
  /** What goes on to the program. */
  forward: Uint8Array;
  /** The person wants out: at once, or if the program does not end by itself. */
  leave?: 'now' | 'soon';
}

/** Makes the function that takes what was typed, chunk by chunk. */
export const keyboard = (): ((typed: Uint8Array) => Keys) => {
  let escaped = false;
  return (typed) => {
    const forward: number[] = [];
    let leave: Keys['leave'];
    for (const byte of typed) {
      if (escaped) {
        escaped = false;
        if (byte === LETTER_X) return { forward: Uint8Array.from(forward), leave: 'now' };
        if (byte !== CONTROL_A) forward.push(CONTROL_A);
        forward.push(byte);
      } else if (byte === CONTROL_A) {
        escaped = true;
      } else {
        if (byte === CONTROL_C) leave = 'soon';
        forward.push(byte);
      }
    }
    return { forward: Uint8Array.from(forward), ...(leave === undefined ? {} : { leave }) };
  };
};
