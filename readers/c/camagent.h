/*
 * Reads frames that `camagent recv ... shm:cam0` shows in shared memory.
 *
 * One file, to copy beside your program; C99 or C++ with GCC or Clang, Linux on
 * x86-64 or arm64, no library.
 *
 *     camagent_reader *reader = camagent_open("cam0");
 *     camagent_frame frame;
 *     while (camagent_next(reader, &frame, 2000) == 1) {
 *       use(frame.data, frame.geometry.planes[0].stride);
 *       if (!camagent_is_whole(reader, &frame)) continue;  // too slow for it
 *       ...
 *     }
 *     camagent_close(reader);
 *
 * The writer may come, go, be killed and change the size of its pictures: the
 * reader stays. It maps the memory for reading only, and leaves nothing behind.
 * One reader belongs to one thread; any number of readers may be open.
 */
#ifndef CAMAGENT_H
#define CAMAGENT_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where one plane lies in a frame's bytes. */
typedef struct {
  uint32_t offset;    /* bytes from the start of the frame to the first row */
  uint32_t stride;    /* bytes from the start of one row to the next */
  uint32_t rows;      /* number of rows */
  uint32_t row_bytes; /* bytes of a row that are picture */
} camagent_plane;

/* What all frames have in common until the pictures change their size. */
typedef struct {
  uint32_t width, height;   /* in pixels */
  char pixel_format[17];    /* rgb24, bgr24, gray, yuv420p or nv12 */
  uint32_t plane_count;     /* 1; Y, U, V of yuv420p; Y, UV of nv12 */
  camagent_plane planes[3];
  size_t frame_bytes;       /* all planes */
  double fps;               /* frames per second, 0 where nobody tells */
} camagent_geometry;

/* How the writer is: not there yet, at work, killed or frozen, gone for good. */
typedef enum {
  CAMAGENT_ABSENT,
  CAMAGENT_LIVE,
  CAMAGENT_STALE,
  CAMAGENT_CLOSED
} camagent_state;

/* One picture in place. Times are nanoseconds of CLOCK_MONOTONIC. */
typedef struct {
  const uint8_t *data;   /* valid until the next call with the same reader */
  uint64_t generation;   /* another one for every writer and every size */
  uint64_t number;       /* counts its frames from 1 */
  uint64_t captured_at;  /* 0 where the sender does not tell */
  uint64_t received_at;  /* its last coded byte */
  uint64_t decoded_at;   /* its last pixel */
  uint64_t published_at; /* readers see it since */
  int keyframe, damaged, after_loss;
  camagent_geometry geometry;
  uint32_t slot, sequence; /* for camagent_is_whole() */
} camagent_frame;

typedef struct camagent_reader camagent_reader;

/*
 * Opens the frames of shm:<name>, or of the segment at a path that begins with
 * a slash. There need be no writer yet. Returns NULL with errno EINVAL if it is
 * no name, ENOMEM if memory is short.
 */
static camagent_reader *camagent_open(const char *name);

/* Lets everything go. */
static void camagent_close(camagent_reader *reader);

/* How the writer is. */
static camagent_state camagent_get_state(camagent_reader *reader);

/*
 * Nanoseconds since the writer's last sign of life, which comes every 250 ms;
 * -1 without a writer.
 */
static int64_t camagent_silence(camagent_reader *reader);

/*
 * Waits for a frame that was not returned before, and gives the newest, in
 * place. timeout_ms: -1 waits for ever, 0 does not wait. Returns 1; 0 when the
 * time is up; -1 with errno EPROTO if what stands there is not for this file.
 */
static int camagent_next(camagent_reader *reader, camagent_frame *frame,
                         int timeout_ms);

/* Gives the newest frame in place, new or not: 1, 0 if there is none, or -1. */
static int camagent_latest(camagent_reader *reader, camagent_frame *frame);

/*
 * Whether all that was read of a frame up to now is this picture. It is there
 * until its slot is filled anew, two frames later or so.
 */
static int camagent_is_whole(camagent_reader *reader,
                             const camagent_frame *frame);

/*
 * Copies a frame's bytes. Returns 1; 0 if it has been overwritten meanwhile or
 * is larger than the buffer.
 */
static int camagent_copy(camagent_reader *reader, const camagent_frame *frame,
                         void *buffer, size_t size);

/* Nanoseconds of CLOCK_MONOTONIC: the clock of all times here. */
static uint64_t camagent_now(void);

/* ---- How it is done. Offsets: camagent's README has the table. ---- */

enum {
  CAMAGENT_AT_VERSION = 8,
  CAMAGENT_AT_HEADER_BYTES = 12,
  CAMAGENT_AT_GENERATION = 16,
  CAMAGENT_AT_SLOTS = 28,
  CAMAGENT_AT_SLOT_BYTES = 32,
  CAMAGENT_AT_FRAME_BYTES = 40,
  CAMAGENT_AT_WIDTH = 48,
  CAMAGENT_AT_HEIGHT = 52,
  CAMAGENT_AT_PIXEL_FORMAT = 56,
  CAMAGENT_AT_FPS = 72,
  CAMAGENT_AT_PLANES = 80,
  CAMAGENT_AT_PLANE = 88,
  CAMAGENT_AT_STATE = 192,
  CAMAGENT_AT_NOTIFY = 196,
  CAMAGENT_AT_HEARTBEAT = 200,
  CAMAGENT_AT_NEWEST = 208,
  CAMAGENT_AT_RECORDS = 256,
  CAMAGENT_RECORD_BYTES = 64,
  CAMAGENT_MAX_SLOTS = 64,
  CAMAGENT_MAX_SIDE = 16384,
  CAMAGENT_CHECK_MS = 250, /* how often the writer is looked after */
  CAMAGENT_ABSENT_MS = 50, /* the same where there is none */
  CAMAGENT_STALE_MS = 900  /* a heartbeat that is older is nobody's */
};

struct camagent_reader {
  char *path;
  const uint8_t *memory;
  size_t bytes;
  ino_t inode;
  uint32_t slots, header_bytes;
  uint64_t slot_bytes, generation;
  camagent_geometry geometry;
  camagent_state left; /* what there was, once it is gone */
  uint64_t last_generation, last_number;
};

static inline uint32_t camagent_u32(const uint8_t *memory, size_t at) {
  return __atomic_load_n((const uint32_t *)(const void *)(memory + at),
                         __ATOMIC_ACQUIRE);
}

static inline uint64_t camagent_u64(const uint8_t *memory, size_t at) {
  return __atomic_load_n((const uint64_t *)(const void *)(memory + at),
                         __ATOMIC_ACQUIRE);
}

static inline size_t camagent_record(uint32_t slot) {
  return CAMAGENT_AT_RECORDS + (size_t)slot * CAMAGENT_RECORD_BYTES;
}

static inline uint64_t camagent_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline int camagent_read_plane(const uint8_t *memory, uint32_t index,
                                      camagent_geometry *geometry,
                                      uint32_t bytes, uint32_t divisor) {
  camagent_plane *plane = &geometry->planes[index];
  size_t at = CAMAGENT_AT_PLANE + 16 * (size_t)index;
  plane->offset = camagent_u32(memory, at);
  plane->stride = camagent_u32(memory, at + 4);
  plane->rows = camagent_u32(memory, at + 8);
  plane->row_bytes = camagent_u32(memory, at + 12);
  if (plane->rows != (geometry->height + divisor - 1) / divisor) return 0;
  if (plane->row_bytes != (geometry->width + divisor - 1) / divisor * bytes)
    return 0;
  if (plane->stride < plane->row_bytes) return 0;
  return plane->offset + (uint64_t)(plane->rows - 1) * plane->stride +
             plane->row_bytes <=
         geometry->frame_bytes;
}

static inline int camagent_read_planes(const uint8_t *memory,
                                       camagent_geometry *geometry) {
  static const struct {
    const char *name;
    uint32_t count, bytes[3], divisor[3];
  } formats[] = {
      {"rgb24", 1, {3, 0, 0}, {1, 0, 0}}, {"bgr24", 1, {3, 0, 0}, {1, 0, 0}},
      {"gray", 1, {1, 0, 0}, {1, 0, 0}},  {"yuv420p", 3, {1, 1, 1}, {1, 2, 2}},
      {"nv12", 2, {1, 2, 0}, {1, 2, 0}},
  };
  for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
    if (strcmp(formats[i].name, geometry->pixel_format) != 0) continue;
    if (geometry->plane_count != formats[i].count) return 0;
    for (uint32_t j = 0; j < formats[i].count; j++)
      if (!camagent_read_plane(memory, j, geometry, formats[i].bytes[j],
                               formats[i].divisor[j]))
        return 0;
    return 1;
  }
  return 0;
}

/* Reads what never changes; 0 if it is not for this file. */
static inline int camagent_read_header(camagent_reader *reader) {
  const uint8_t *memory = reader->memory;
  camagent_geometry *geometry = &reader->geometry;
  uint64_t fps = camagent_u64(memory, CAMAGENT_AT_FPS);
  if (memcmp(memory, "camagent", 8) != 0) return 0;
  if (camagent_u32(memory, CAMAGENT_AT_VERSION) != 1) return 0;
  reader->generation = camagent_u64(memory, CAMAGENT_AT_GENERATION);
  reader->slots = camagent_u32(memory, CAMAGENT_AT_SLOTS);
  reader->header_bytes = camagent_u32(memory, CAMAGENT_AT_HEADER_BYTES);
  reader->slot_bytes = camagent_u64(memory, CAMAGENT_AT_SLOT_BYTES);
  memset(geometry, 0, sizeof *geometry);
  geometry->frame_bytes = camagent_u64(memory, CAMAGENT_AT_FRAME_BYTES);
  geometry->width = camagent_u32(memory, CAMAGENT_AT_WIDTH);
  geometry->height = camagent_u32(memory, CAMAGENT_AT_HEIGHT);
  geometry->plane_count = camagent_u32(memory, CAMAGENT_AT_PLANES);
  memcpy(geometry->pixel_format, memory + CAMAGENT_AT_PIXEL_FORMAT, 16);
  memcpy(&geometry->fps, &fps, sizeof fps);
  if (!(geometry->fps > 0 && geometry->fps < 1e9)) geometry->fps = 0;
  if (reader->slots < 1 || reader->slots > CAMAGENT_MAX_SLOTS) return 0;
  if (geometry->width < 1 || geometry->width > CAMAGENT_MAX_SIDE) return 0;
  if (geometry->height < 1 || geometry->height > CAMAGENT_MAX_SIDE) return 0;
  if (reader->header_bytes < camagent_record(reader->slots)) return 0;
  if (reader->header_bytes > reader->bytes) return 0;
  if (reader->slot_bytes > (reader->bytes - reader->header_bytes) /
                               reader->slots)
    return 0;
  if (geometry->frame_bytes > reader->slot_bytes) return 0;
  return camagent_read_planes(memory, geometry);
}

static inline void camagent_unmap(camagent_reader *reader) {
  if (reader->memory != NULL) munmap((void *)reader->memory, reader->bytes);
  reader->memory = NULL;
  reader->inode = 0;
}

/* Maps what stands at the path: 1, 0 if it is gone again, -1 with errno. */
static inline int camagent_map(camagent_reader *reader) {
  struct stat about;
  void *memory = MAP_FAILED;
  int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
  int fd = open(reader->path, flags);
  if (fd < 0) return errno == ENOENT ? 0 : -1;
  if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode) &&
      about.st_size >= CAMAGENT_AT_RECORDS)
    memory = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  if (memory == MAP_FAILED) {
    errno = EPROTO;
    return -1;
  }
  camagent_unmap(reader);
  reader->memory = (const uint8_t *)memory;
  reader->bytes = (size_t)about.st_size;
  reader->inode = about.st_ino;
  if (camagent_read_header(reader)) return 1;
  camagent_unmap(reader);
  errno = EPROTO;
  return -1;
}

static inline int64_t camagent_mapped_silence(camagent_reader *reader) {
  uint64_t beat = camagent_u64(reader->memory, CAMAGENT_AT_HEARTBEAT);
  return (int64_t)(camagent_now() - beat);
}

static inline camagent_state camagent_mapped_state(camagent_reader *reader) {
  uint32_t state = camagent_u32(reader->memory, CAMAGENT_AT_STATE);
  int64_t silence = camagent_mapped_silence(reader);
  if (state == 2) return CAMAGENT_CLOSED;
  return state == 1 && silence <= (int64_t)CAMAGENT_STALE_MS * 1000000
             ? CAMAGENT_LIVE
             : CAMAGENT_STALE;
}

/* Maps the writer's memory, or its successor's: 1, 0 without one, or -1. */
static inline int camagent_attach(camagent_reader *reader) {
  struct stat about;
  camagent_state state = CAMAGENT_ABSENT;
  if (reader->memory != NULL) state = camagent_mapped_state(reader);
  if (state == CAMAGENT_LIVE) return 1;
  if (lstat(reader->path, &about) == 0) {
    if (about.st_ino != reader->inode && camagent_map(reader) < 0) return -1;
  } else if (state == CAMAGENT_CLOSED) {
    camagent_unmap(reader);
    reader->left = CAMAGENT_CLOSED;
  }
  return reader->memory != NULL;
}

static inline camagent_state camagent_get_state(camagent_reader *reader) {
  if (camagent_attach(reader) == 1) return camagent_mapped_state(reader);
  return reader->left;
}

static inline int64_t camagent_silence(camagent_reader *reader) {
  if (camagent_attach(reader) != 1) return -1;
  return camagent_mapped_silence(reader);
}

static inline camagent_reader *camagent_open(const char *name) {
  static const char prefix[] = "/dev/shm/camagent-";
  size_t length = strlen(name);
  const char *folder = name[0] == '/' ? "" : prefix;
  camagent_reader *reader;
  if (length == strspn(name, ".") || length > 4000 ||
      (name[0] != '/' && strchr(name, '/') != NULL)) {
    errno = EINVAL;
    return NULL;
  }
  reader = (camagent_reader *)calloc(1, sizeof *reader);
  if (reader == NULL) return NULL;
  reader->path = (char *)malloc(strlen(folder) + length + 1);
  if (reader->path == NULL) {
    free(reader);
    return NULL;
  }
  strcpy(reader->path, folder);
  strcat(reader->path, name);
  return reader;
}

static inline void camagent_close(camagent_reader *reader) {
  if (reader == NULL) return;
  camagent_unmap(reader);
  free(reader->path);
  free(reader);
}

static inline int camagent_is_whole(camagent_reader *reader,
                                    const camagent_frame *frame) {
  if (reader->memory == NULL) return 0;
  /* What was read of the frame is read before its sequence is. */
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
  return camagent_u32(reader->memory, camagent_record(frame->slot)) ==
         frame->sequence;
}

/* Describes the newest frame of what is mapped: 1, or 0 if there is none. */
static inline int camagent_describe(camagent_reader *reader,
                                    camagent_frame *frame) {
  const uint8_t *memory = reader->memory;
  /* Another look if the slot was filled anew in between. */
  for (int look = 0; look < 3; look++) {
    uint32_t slot = camagent_u32(memory, CAMAGENT_AT_NEWEST), flags;
    size_t at;
    if (slot >= reader->slots) return 0;
    at = camagent_record(slot);
    frame->slot = slot;
    frame->sequence = camagent_u32(memory, at);
    if (frame->sequence % 2 != 0) continue;
    flags = camagent_u32(memory, at + 4);
    frame->generation = reader->generation;
    frame->number = camagent_u64(memory, at + 8);
    frame->captured_at = camagent_u64(memory, at + 16);
    frame->received_at = camagent_u64(memory, at + 24);
    frame->decoded_at = camagent_u64(memory, at + 32);
    frame->published_at = camagent_u64(memory, at + 40);
    frame->keyframe = (flags & 1) != 0;
    frame->damaged = (flags & 2) != 0;
    frame->after_loss = (flags & 4) != 0;
    frame->geometry = reader->geometry;
    frame->data = memory + reader->header_bytes + slot * reader->slot_bytes;
    if (camagent_is_whole(reader, frame)) return 1;
  }
  return 0;
}

static inline int camagent_latest(camagent_reader *reader,
                                  camagent_frame *frame) {
  int attached = camagent_attach(reader);
  if (attached != 1) return attached;
  if (!camagent_describe(reader, frame)) return 0;
  reader->last_generation = reader->generation;
  reader->last_number = frame->number;
  return 1;
}

static inline int camagent_next(camagent_reader *reader, camagent_frame *frame,
                                int timeout_ms) {
  uint64_t deadline =
      timeout_ms < 0 ? UINT64_MAX
                     : camagent_now() + (uint64_t)timeout_ms * 1000000u;
  while (1) {
    int attached = camagent_attach(reader);
    uint32_t notify = 0;
    uint64_t now, left;
    struct timespec pause;
    if (attached < 0) return -1;
    if (attached) {
      notify = camagent_u32(reader->memory, CAMAGENT_AT_NOTIFY);
      /* What a writer showed that has been killed since is no news. */
      if (camagent_mapped_state(reader) != CAMAGENT_STALE &&
          camagent_describe(reader, frame) &&
          (reader->generation != reader->last_generation ||
           frame->number > reader->last_number)) {
        reader->last_generation = reader->generation;
        reader->last_number = frame->number;
        return 1;
      }
    }
    now = camagent_now();
    if (now >= deadline) return 0;
    left = (uint64_t)(attached ? CAMAGENT_CHECK_MS : CAMAGENT_ABSENT_MS) *
           1000000u;
    if (deadline - now < left) left = deadline - now;
    pause.tv_sec = (time_t)(left / 1000000000u);
    pause.tv_nsec = (long)(left % 1000000000u);
    if (attached) /* FUTEX_WAIT, by other processes than the writer's too */
      syscall(SYS_futex, reader->memory + CAMAGENT_AT_NOTIFY, 0, notify, &pause,
              NULL, 0);
    else
      nanosleep(&pause, NULL);
  }
}

static inline int camagent_copy(camagent_reader *reader,
                                const camagent_frame *frame, void *buffer,
                                size_t size) {
  if (frame->geometry.frame_bytes > size) return 0;
  memcpy(buffer, frame->data, frame->geometry.frame_bytes);
  return camagent_is_whole(reader, frame);
}

#ifdef __cplusplus
}
#endif

#endif
