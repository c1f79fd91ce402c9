/**
 * What FFmpeg's decoders say about damaged pictures.
 *
 * @module
 */

/**
 * What they said when datagrams, slices and pictures were missing or bits were
 * flipped, and never of 24 whole streams: FFmpeg 5.1.9 and 7.1.5. Each comes
 * ahead of the timestamp of the frame it is about. What is left out is also
 * said of whole pictures: odd SEI messages, a JPEG without EOI.
 */
const COMPLAINTS = [
  // The tool: a frame was concealed in places; there is none for a unit.
  "corrupt decoded frame",
  "Error while decoding stream",
  "Error submitting packet to decoder",
  // All that have NAL units.
  "Error splitting the input into NAL units",
  "missing picture in access unit",
  "No start code is found",
  // H.264
  "concealing \\d+ DC",
  "decode_slice_header error",
  "error while decoding MB",
  "Frame num change",
  "missing reference picture",
  "mmco: unref short failure",
  "no frame!",
  "non-existing PPS",
  "reference (count )?overflow",
  "reference picture missing",
  // H.265
  "Could not find ref with POC",
  "Duplicate POC",
  "entry_point_offset",
  "Error parsing NAL unit",
  "Invalid collocated_ref_idx",
  "Invalid number of merging MVP candidates",
  "outside the valid range",
  "PPS id out of range",
  "Unknown slice type",
  "WPP ctb addresses are wrong",
  "Zero refs for a frame",
  // JPEG
  "bad vlc",
  "error count: \\d+",
  "error dc",
  "error y=\\d+ x=\\d+",
  "Found EOI before any SOF",
  "No JPEG data found",
  "overread \\d+",
];

const COMPLAINT = new RegExp(COMPLAINTS.join("|"), "i");

/**
 * Tells whether a line of FFmpeg's stderr says that the picture being decoded
 * is damaged, or could not be decoded at all.
 */
export function isComplaint(line: string): boolean {
  return COMPLAINT.test(line);
}

/**
 * Tells whether a line of FFmpeg's stderr says that hardware has refused a
 * stream. FFmpeg goes on in software then (libavcodec, hwaccel_init()).
 */
export function isRefusal(line: string): boolean {
  return /Failed setup for format .*: hwaccel initialisation/.test(line);
}
