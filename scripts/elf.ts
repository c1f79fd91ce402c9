/**
 * Program headers of 64-bit little-endian ELF files: where the system maps the
 * parts of a program. System V gABI, chapter 5.
 *
 * @module
 */

/** One PT_LOAD: a part of the file that is mapped into memory. */
export interface Segment {
  /** Where its program header stands in the file. */
  readonly header: number;
  /** p_vaddr: where it begins in memory. */
  readonly address: number;
  /** p_memsz: how many bytes of memory it takes. */
  readonly memorySize: number;
}

/** The largest page that a Linux kernel for arm64 is built with. */
export const LARGEST_PAGE = 64 << 10;

/** The page of the kernel that a Raspberry Pi 5 boots by default. */
export const PI_5_PAGE = 16 << 10;

/** Magic number, ELFCLASS64, ELFDATA2LSB. */
const IDENT = [0x7f, 0x45, 0x4c, 0x46, 2, 1];

/** gABI, program header type. */
const PT_LOAD = 1;

/**
 * Returns the parts that are mapped, lowest address first.
 *
 * @throws {SyntaxError} If it is no such file.
 */
export function loadSegments(file: Uint8Array): Segment[] {
  const view = viewOf(file);
  if (!IDENT.every((byte, index) => file[index] === byte)) {
    throw new SyntaxError("Not a 64-bit little-endian ELF file");
  }
  const first = Number(view.getBigUint64(0x20, true)); // e_phoff
  const size = view.getUint16(0x36, true); // e_phentsize
  const count = view.getUint16(0x38, true); // e_phnum
  return Array.from({ length: count }, (_, index) => first + index * size)
    .filter((header) => view.getUint32(header, true) === PT_LOAD)
    .map((header) => ({
      header,
      address: Number(view.getBigUint64(header + 16, true)),
      memorySize: Number(view.getBigUint64(header + 40, true)),
    }))
    .sort((a, b) => a.address - b.address);
}

/**
 * Finds two parts that a kernel with pages of this size would map into the
 * same page: the second one then covers the end of the first.
 */
export function sharedPage(
  segments: readonly Segment[],
  pageSize: number,
): readonly [Segment, Segment] | undefined {
  for (const [index, next] of segments.entries()) {
    const segment = segments[index - 1];
    if (segment === undefined) continue;
    const lastPage = Math.ceil(endOf(segment) / pageSize);
    if (Math.floor(next.address / pageSize) < lastPage) return [segment, next];
  }
  return undefined;
}

/**
 * Makes the highest part end on a multiple of `alignment`, in place. `deno
 * compile` puts its payload behind it, on a 4 KiB boundary only, which on
 * larger pages would cover the end of it.
 */
// Until denoland/deno#36282 is fixed.
export function alignEnd(file: Uint8Array, alignment: number): void {
  const highest = loadSegments(file).at(-1);
  if (highest === undefined) throw new SyntaxError("Nothing is mapped");
  const end = Math.ceil(endOf(highest) / alignment) * alignment;
  const memorySize = BigInt(end - highest.address);
  viewOf(file).setBigUint64(highest.header + 40, memorySize, true);
}

function endOf({ address, memorySize }: Segment): number {
  return address + memorySize;
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
