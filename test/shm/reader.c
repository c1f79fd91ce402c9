/*
 * Reads what writer.ts writes, and counts frames that are torn.
 *
 *     reader NAME copies|pages|ages COUNT [nolock]
 *     reader NAME watch
 *
 * copies: copies whole frames. pages: looks at the number in every 4 KiB, in
 * place. Both take a rest of up to 60 ms in the middle of some frames, long
 * enough for the writer to come around. With "nolock" nobody asks afterwards
 * whether the frame was whole: what tears then is what the lock is for. ages:
 * how long after its publication a frame was there. watch: says how the writer
 * is, "first" and the size at the first frame of each, and ends if one is torn.
 */
#include "../../readers/c/camagent.h"

#include <inttypes.h>

enum { PAGE = 4096, PERIOD = 251 };

static uint8_t patterns[PERIOD][PAGE];

static uint32_t word(const uint8_t *bytes) {
  uint32_t value;
  memcpy(&value, bytes, sizeof value);
  return value;
}

/* Whether all bytes of a copied frame are those of frame n. */
static int is_frame(const uint8_t *data, size_t bytes, uint32_t n) {
  for (size_t at = 0; at < bytes; at += PAGE) {
    size_t length = bytes - at < PAGE ? bytes - at : PAGE;
    if (word(data + at) != n) return 0;
    if (memcmp(data + at + 4, patterns[n % PERIOD], length - 4) != 0) return 0;
  }
  return 1;
}

/* Whether the pages of a part of a frame have its number. */
static int is_numbered(const uint8_t *data, size_t from, size_t to,
                       uint32_t n) {
  int right = 1;
  for (size_t at = from; at < to; at += PAGE) right &= word(data + at) == n;
  return right;
}

/* Waits now and then, differently long: xorshift of Marsaglia. */
static void rest(int one_of) {
  static uint32_t state = 2463534242u;
  struct timespec pause = {0, 0};
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  if (state % (uint32_t)one_of != 0) return;
  pause.tv_nsec = (long)(state / 64 % 60) * 1000000;
  nanosleep(&pause, NULL);
}

static int compare(const void *a, const void *b) {
  double left = *(const double *)a, right = *(const double *)b;
  return (left > right) - (left < right);
}

static int ages(camagent_reader *reader, long count) {
  double *all = (double *)malloc((size_t)count * sizeof *all);
  camagent_frame frame;
  for (long i = 0; i < count; i++) {
    if (camagent_next(reader, &frame, 5000) != 1) return 1;
    all[i] = (double)(int64_t)(camagent_now() - frame.published_at) / 1e6;
  }
  qsort(all, (size_t)count, sizeof *all, compare);
  printf("{\"reads\":%ld,\"ageMs\":{\"p50\":%.4f,\"p99\":%.4f}}\n", count,
         all[count / 2], all[count * 99 / 100]);
  free(all);
  return 0;
}

static int watch(camagent_reader *reader) {
  static const char *names[] = {"absent", "live", "stale", "closed"};
  camagent_state last = CAMAGENT_ABSENT;
  camagent_frame frame;
  uint64_t generation = 0;
  uint8_t *copy = NULL;
  while (1) {
    int result = camagent_next(reader, &frame, 20);
    camagent_state state = camagent_get_state(reader);
    if (result < 0) return 1;
    if (state != last) puts(names[state]);
    last = state;
    fflush(stdout);
    if (result == 0) continue;
    copy = (uint8_t *)realloc(copy, frame.geometry.frame_bytes);
    if (!camagent_copy(reader, &frame, copy, frame.geometry.frame_bytes))
      continue;
    if (!is_frame(copy, frame.geometry.frame_bytes, (uint32_t)frame.number)) {
      puts("torn");
      return 1;
    }
    if (frame.generation != generation)
      printf("first %ux%u\n", frame.geometry.width, frame.geometry.height);
    generation = frame.generation;
    fflush(stdout);
  }
}

int main(int argc, char **argv) {
  const char *mode = argc > 2 ? argv[2] : "";
  long count = argc > 3 ? atol(argv[3]) : 0, torn = 0, rejected = 0, reads = 0;
  int lock = argc <= 4;
  camagent_reader *reader = camagent_open(argc > 1 ? argv[1] : "");
  camagent_frame frame;
  uint8_t *copy = NULL;
  for (int byte = 0; byte < PERIOD; byte++) memset(patterns[byte], byte, PAGE);
  if (reader == NULL) return 1;
  if (strcmp(mode, "watch") == 0) return watch(reader);
  if (camagent_next(reader, &frame, 10000) != 1) return 1;
  if (strcmp(mode, "ages") == 0) return ages(reader, count);
  copy = (uint8_t *)malloc(frame.geometry.frame_bytes);
  while (reads < count) {
    size_t bytes = frame.geometry.frame_bytes, half = bytes / 2 / PAGE * PAGE;
    uint32_t n;
    int right, whole;
    if (camagent_latest(reader, &frame) != 1) continue;
    n = (uint32_t)frame.number;
    if (strcmp(mode, "copies") == 0) {
      memcpy(copy, frame.data, half);
      rest(100);
      memcpy(copy + half, frame.data + half, bytes - half);
      whole = camagent_is_whole(reader, &frame);
      right = is_frame(copy, bytes, n);
    } else {
      right = is_numbered(frame.data, 0, half, n);
      rest(1000);
      right &= is_numbered(frame.data, half, bytes, n);
      whole = camagent_is_whole(reader, &frame);
    }
    if (lock && !whole) {
      rejected++;
      continue;
    }
    reads++;
    if (!right) torn++;
  }
  printf("{\"reads\":%ld,\"torn\":%ld,\"rejected\":%ld}\n", reads, torn,
         rejected);
  free(copy);
  camagent_close(reader);
  return 0;
}
