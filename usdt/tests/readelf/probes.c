/* Probes whose arguments are of every size and sign, and wherever a compiler may have them. */
#ifdef WITH_SEMAPHORES
#define _SDT_HAS_SEMAPHORES 1
#define SEMAPHORE(name) __extension__ unsigned short name __attribute__((unused, section(".probes")));
SEMAPHORE(reader_first_semaphore)
SEMAPHORE(reader_second_semaphore)
#endif
#include <sys/sdt.h>

#ifndef WITH_SEMAPHORES

struct record {
	char c;
	unsigned char uc;
	short s;
	unsigned short us;
	int i;
	unsigned u;
	long l;
	float f;
	double d;
};

int global;
static int local;
struct record records[8];
static long table[16] = { 1 };
#ifdef WITH_THREAD_LOCALS
static __thread long own;
__thread int shared;
#endif

#ifdef __cplusplus
#define LINKAGE extern "C"
#else
#define LINKAGE
#endif

LINKAGE long every(signed char c, unsigned char uc, short s, unsigned short us, int i, unsigned u, long l,
	unsigned long ul, long long ll, long *pointer, struct record *record, float f, double d)
{
	long array[20];
	for (int k = 0; k < 20; k++)
		array[k] = pointer[k] * i;
	STAP_PROBE(reader, none);
	STAP_PROBE9(reader, integers, c, uc, s, us, i, u, l, ul, ll);
	STAP_PROBE4(reader, floats, f, d, 1.5, 2.5f);
	STAP_PROBE9(reader, fields, record->c, record->uc, record->s, record->us, record->i, record->u, record->l,
		record->f, record->d);
	STAP_PROBE6(reader, globals, global, local, table[3], records[1].s, records[2].f, records[3].d);
	STAP_PROBE3(reader, indexed, table[i], records[l].i, pointer[u]);
	STAP_PROBE3(reader, indexed_narrow, record[s].us, ((char *)pointer)[l], ((short *)pointer)[i]);
	STAP_PROBE5(reader, on_stack, array[3], array[i], array[u], array[l], ((char *)array)[i]);
	STAP_PROBE8(reader, constants, (signed char)-3, (unsigned char)200, (short)-300, (unsigned short)65535, -70000,
		0xffffffffu, -1L, 0xffffffffffffffffull);
	STAP_PROBE6(reader, pointers, &global, &local, "text", array, &records[2].d, (void *)every);
	STAP_PROBE5(reader, computed, (unsigned char)(i >> 8), (unsigned char)(u >> 8), i > 3, u & 0xff00, (char)l);
	STAP_PROBE12(reader, twelve, c, s, i, l, uc, us, u, ul, ll, pointer, f, 12);
#ifdef WITH_THREAD_LOCALS
	STAP_PROBE2(reader, thread_local, own, shared);
#endif
	return array[3];
}

#ifdef __cplusplus
/* Notes of a group, of which the linker takes one. */
template <typename T> __attribute__((noinline)) T generic(T value)
{
	STAP_PROBE1(reader, generic, value);
	return value;
}

LINKAGE long instances(int i, long l, unsigned char uc, bool b)
{
	STAP_PROBE1(reader, boolean, b);
	return generic(i) + generic(l) + generic(uc);
}
#endif

#else

void with_semaphores(int i)
{
	if (__builtin_expect(reader_first_semaphore, 0))
		STAP_PROBE1(reader, first, i);
	if (__builtin_expect(reader_second_semaphore, 0))
		STAP_PROBE(reader, second);
}

#endif
