/** Lines that begin with `file:`, counted per file, the most first. Checked by: test/explore/replay.test.ts. */
export const countedPlaces = (places: readonly string[]): [file: string, count: number][] => {
  const counts = new Map<string, number>();
  for (const place of places) {
    const file = place.slice(0, place.indexOf(':'));
    counts.set(file, (counts.get(file) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
};
