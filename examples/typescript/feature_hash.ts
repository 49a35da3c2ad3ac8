// Vectors as `layer sample` makes them: each byte of a word's hash chooses a dimension and a sign. The catalogue
// also weighs words by how rare they are; a query of a few words does without.

const DIMENSIONS = 128;

function fnv1a(word: Uint8Array): bigint {
  let value = 0xcbf29ce484222325n;
  for (const byte of word) value = BigInt.asUintN(64, (value ^ BigInt(byte)) * 0x100000001b3n);
  return value;
}

export function featureHash(text: string): number[] {
  const sums = new Array<number>(DIMENSIONS).fill(0);
  for (const word of text.match(/[0-9A-Za-z\u0080-\u{10ffff}]+/gu) ?? []) {
    const lower = word.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
    const value = fnv1a(new TextEncoder().encode(lower));
    let mixed = BigInt.asUintN(64, (value ^ (value >> 32n)) * 0x9e3779b97f4a7c15n);
    for (let i = 0; i < 8; i++, mixed >>= 8n) {
      const byte = Number(mixed & 0xffn);
      sums[byte % DIMENSIONS] += byte & 0x80 ? 1 : -1;
    }
  }
  const length = Math.hypot(...sums);
  return length ? sums.map((x) => x / length) : [1, ...sums.slice(1)];
}
