/*
 * Shows the reader damaged headers, before and after it has opened them.
 *
 *     fuzz SEGMENT COUNT SEED BYTES
 *
 * SEGMENT is a whole one of so many BYTES, which is overwritten. Built with sanitizers, it dies
 * of whatever is read outside of the file.
 */
#include "../../readers/c/camagent.h"

enum { HEADER = 512 };

static uint64_t state;

static uint32_t random_below(uint32_t limit) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state >> 33) % limit;
}

static uint64_t odd_value(void) {
  static const uint64_t values[] = {0,          1,          2,
                                    0x7fffffff, 0x80000000, 0xffffffff,
                                    65535,      65536,      65537,
                                    UINT64_MAX, 1ull << 63, 1ull << 32};
  return values[random_below(sizeof values / sizeof *values)];
}

/* Changes a few words or bytes of a header. */
static void damage(uint8_t *header) {
  for (uint32_t i = 1 + random_below(6); i > 0; i--) {
    uint64_t value = odd_value();
    if (random_below(3) == 0)
      header[random_below(HEADER)] ^= (uint8_t)(1u << random_below(8));
    else if (random_below(2) == 0)
      memcpy(header + 4 * random_below(HEADER / 4), &value, 4);
    else
      memcpy(header + 8 * random_below(HEADER / 8), &value, 8);
  }
}

/* Touches all that a reader says is there. */
static unsigned look(camagent_reader *reader) {
  camagent_frame frame;
  unsigned sum = 0;
  camagent_get_state(reader);
  if (camagent_latest(reader, &frame) != 1) return 0;
  for (uint32_t i = 0; i < frame.geometry.plane_count; i++) {
    const camagent_plane *plane = &frame.geometry.planes[i];
    for (uint32_t row = 0; row < plane->rows; row++) {
      const uint8_t *at = frame.data + plane->offset +
                          (size_t)row * plane->stride;
      for (uint32_t x = 0; x < plane->row_bytes; x++) sum += at[x];
    }
  }
  camagent_next(reader, &frame, 0);
  return sum + (unsigned)camagent_is_whole(reader, &frame);
}

int main(int argc, char **argv) {
  uint8_t whole[HEADER], header[HEADER];
  struct stat about;
  long opened = 0, refused = 0;
  unsigned sum = 0;
  int fd = argc > 4 ? open(argv[1], O_RDWR) : -1;
  if (fd < 0 || fstat(fd, &about) != 0) return 1;
  if (pread(fd, whole, HEADER, 0) != HEADER) return 1;
  state = strtoull(argv[3], NULL, 10);
  for (long i = atol(argv[2]); i > 0; i--) {
    camagent_reader *reader = camagent_open(argv[1]);
    memcpy(header, whole, HEADER);
    damage(header);
    if (pwrite(fd, header, HEADER, 0) != HEADER) return 1;
    /* The file may be shorter than its header says. */
    if (random_below(8) == 0) {
      if (ftruncate(fd, random_below((uint32_t)about.st_size)) != 0) return 1;
    }
    sum += look(reader);
    if (reader->memory != NULL) {
      opened++;
      damage(header);
      if (fstat(fd, &about) != 0) return 1;
      if (about.st_size >= HEADER) {
        if (pwrite(fd, header, HEADER, 0) != HEADER) return 1;
        sum += look(reader);
      }
    } else {
      refused++;
    }
    camagent_close(reader);
    if (ftruncate(fd, atol(argv[4])) != 0) return 1;
    about.st_size = atol(argv[4]);
  }
  printf("{\"opened\":%ld,\"refused\":%ld,\"sum\":%u}\n", opened, refused, sum);
  return 0;
}
