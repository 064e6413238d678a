/* What Porffor's generated C may name. Nothing here is defined: what survives in the object is refused by the gate. */
#ifndef SHIM_H
#define SHIM_H
#include <stddef.h>
#include <stdint.h>
#include <stdarg.h>

void *memcpy(void *, const void *, size_t);
void *memmove(void *, const void *, size_t);
void *memset(void *, int, size_t);
int memcmp(const void *, const void *, size_t);
void *memchr(const void *, int, size_t);
size_t strlen(const char *);
int strcmp(const char *, const char *);
int strncmp(const char *, const char *, size_t);
char *strchr(const char *, int);
char *strerror(int);

void *malloc(size_t);
void *calloc(size_t, size_t);
void *realloc(void *, size_t);
void free(void *);
_Noreturn void abort(void);
_Noreturn void exit(int);
_Noreturn void _exit(int);
char *getenv(const char *);
double strtod(const char *, char **);
typedef struct FILE FILE;
extern FILE *stdin, *stdout, *stderr;
int printf(const char *, ...);
int fprintf(FILE *, const char *, ...);
int snprintf(char *, size_t, const char *, ...);
int puts(const char *);
int putchar(int);
int fflush(FILE *);
size_t fwrite(const void *, size_t, size_t, FILE *);

typedef long jmp_buf[32];
int setjmp(jmp_buf);
int _setjmp(jmp_buf);
_Noreturn void longjmp(jmp_buf, int);
_Noreturn void _longjmp(jmp_buf, int);

double trunc(double), floor(double), ceil(double), fabs(double), sqrt(double), fmod(double, double), pow(double, double), rint(double), round(double);
double log(double), exp(double), sin(double), cos(double), tan(double), atan(double), atan2(double, double), cbrt(double);
int isnan(double), isinf(double), signbit(double), isfinite(double);
#define isnormal(x) __builtin_isnormal(x)
#define NAN __builtin_nan("")
#define INFINITY __builtin_inf()

typedef long ssize_t;
typedef long off_t;
typedef int pid_t;
typedef long time_t;
struct timespec { time_t tv_sec; long tv_nsec; };
int clock_gettime(int, struct timespec *);
int nanosleep(const struct timespec *, struct timespec *);
#define CLOCK_REALTIME 0
#define CLOCK_MONOTONIC 1
void *mmap(void *, size_t, int, int, int, off_t);
int munmap(void *, size_t);
int mprotect(void *, size_t, int);
int madvise(void *, size_t, int);
#define PROT_NONE 0
#define PROT_READ 1
#define PROT_WRITE 2
#define MAP_PRIVATE 2
#define MAP_ANONYMOUS 32
#define MAP_ANON 32
#define MAP_FAILED ((void *)-1)
#define MADV_DONTNEED 4
ssize_t read(int, void *, size_t);
ssize_t write(int, const void *, size_t);
int usleep(unsigned);
long sysconf(int);
#define _SC_PAGESIZE 30
#endif
