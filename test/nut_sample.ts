/**
 * NUT as FFmpeg 5.1.9 writes it.
 *
 * @module
 */

/**
 * `ffmpeg -f lavfi -i color=s=16x16:r=30 -frames:v 5 -c:v libx264 -bf 1
 * -b_strategy 0 -bsf:v filter_units=remove_types=6 -f matroska - | ffmpeg -f
 * matroska -tag:v 0 -i - -map_metadata -1 -c copy -write_index 0 -f nut -`: two
 * headers, two of information, a syncpoint, five pictures.
 */
export const NUT_SAMPLE: Uint8Array<ArrayBuffer> = Uint8Array.fromBase64(
  "bnV0L211bHRpbWVkaWEgY29udGFpbmVyAE5NelYfXwStVAMBgf9/AQGD9ADAAAYAAAAAAAGgAAIB" +
    "ASgBACkAIQEBIAIEMSACAjIgAQEgAQUgAQfAAAYAAAAAAAEGAwAAAQQAAAG2Av/6Av/7Av/8Av/9" +
    "MhJg1E5TEUBb8vnbRAAABEgyNjQADoP0AAEALAFkAAr/4QAXZ2QACqzkewEQAAADABAAAAMDwPEi" +
    "USABAAZo6+PLIsD9+PgAEBABAQC/hM4ZTkmraLWWunggAAAAAAEHZW5jb2RlcgINTGF2ZjU5LjI3" +
    "LjEwMA0fENZOSatotZa6eBwBAAAAAQxyX2ZyYW1lX3JhdGUCBDMwLzH6J//FTkvkre7KRWkGAAAA" +
    "AAAAA5BVEgAAAA5liIQAz/727L4FNhTIwQKyFQwAAAAIQZopsQv//uACoRUMAAAACAGeReQn/8eB" +
    "AtMVDwAAAAtBmlDwhkymEJ/+wALCVQwAAAAIAZ5tqQn/x4E=",
);

/**
 * The same of `ffmpeg -f lavfi -i color=s=16x16:r=30 -frames:v 4 -c:v mpeg4
 * -g 2 -f matroska -`: four pictures, two of them keyframes.
 */
export const NUT_MPEG4_SAMPLE: Uint8Array<ArrayBuffer> = Uint8Array.fromBase64(
  "bnV0L211bHRpbWVkaWEgY29udGFpbmVyAE5NelYfXwStSAMBgf9/AQGD9ADAAAYAAAAAAAGgAAIB" +
    "ASgBACkAIQEBIAIBgXnAAAYAAAAAAAEGAwAAAQQAAAG2Av/6Av/7Av/8Av/9xikglE5TEUBb8vnb" +
    "RwAABEZNUDQADoP0AAAALwAAAbABAAABtYkTAAABAAAAASAAxI2IAPUAhAIUYwAAAbJMYXZjNTku" +
    "MzcuMTAwEBABAQDly1PVTkmraLWWunggAAAAAAEHZW5jb2RlcgINTGF2ZjU5LjI3LjEwMA0fENZO" +
    "SatotZa6eBwBAAAAAQxyX2ZyYW1lX3JhdGUCBDMwLzH6J//FTkvkre7KRWkGAAAAAAAAASkAEgAA" +
    "AbMAEAcAAAG2EGBRgj237wEokEAIAAABtlDwI39OS+St7spFaQehQAOanjVyASmhQBIAAAGzABAH" +
    "AAABthFgUYI9t+8BKLIACAAAAbZR8CN/",
);
