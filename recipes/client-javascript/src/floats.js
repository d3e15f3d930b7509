// Raw tensors hold FP32 as four bytes a value, little-endian.
export function writeFloats(values) {
  const raw = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => raw.writeFloatLE(value, 4 * index));
  return raw;
}

export function readFloats(raw) {
  return Array.from({ length: raw.length / 4 }, (_, index) => raw.readFloatLE(4 * index));
}
