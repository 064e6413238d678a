/**
 * Names for the C side. Locals keep their TypeScript names where C allows, so that gdb shows what the source says.
 */

/** C keywords, types of the generated code and names that clang or Porffor's runtime gives a meaning. */
const RESERVED = new Set((
  'auto break case char const continue default do double else enum extern float for goto if inline int long register ' +
  'restrict return short signed sizeof static struct switch typedef union unsigned void volatile while asm typeof ' +
  'u8 u16 u32 u64 i8 i16 i32 i64 f32 f64 jsval jsbits linux unix main bool true false NULL ' +
  'memcpy memmove memset memcmp memchr strlen strcmp malloc calloc realloc free abort exit fprintf snprintf printf puts ' +
  'trunc floor ceil sqrt fabs fmod pow log exp sin cos tan atan setjmp longjmp signal time clock read write open close'
).split(' '));

/** Whether a C function or variable may carry this name. */
export const isFreeName = (name: string): boolean =>
  /^[A-Za-z][A-Za-z0-9]*$/.test(name) && !RESERVED.has(name) && !/^(porf|pthread)/.test(name);

/** A name that a local may carry: lower-case first, no underscore (ours have one), nothing reserved. */
const isPlainLocal = (name: string): boolean => /^[a-z][A-Za-z0-9]*$/.test(name) && isFreeName(name);

/** Gives each wish a name of its own. */
export class Names {
  private readonly taken: Set<string>;

  constructor(taken: Iterable<string> = []) {
    this.taken = new Set(taken);
  }

  /** The wish itself, or the wish with the first free number. */
  unique(wish: string): string {
    let name = wish;
    for (let i = 2; this.taken.has(name); i++) name = `${wish}_${i}`;
    this.taken.add(name);
    return name;
  }

  local(wish: string): string {
    return this.unique(isPlainLocal(wish) ? wish : `v_${wish.replace(/[^A-Za-z0-9]/g, '_')}`);
  }
}
