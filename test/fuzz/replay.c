/*
 * Runs a fuzzer's harness over the files of a corpus without libFuzzer: what
 * was once found must stay mended with any compiler.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
replay(const char *dir, const char *name)
{
	static uint8_t buf[1 << 20];
	char path[512];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rb");
	if (f == NULL) {
		perror(path);
		return -1;
	}
	n = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	return LLVMFuzzerTestOneInput(buf, n);
}

int
main(int argc, char **argv)
{
	struct dirent *e;
	unsigned n = 0;
	DIR *d;

	if (argc != 2 || (d = opendir(argv[1])) == NULL) {
		fprintf(stderr, "usage: %s CORPUS\n", argv[0]);
		return 1;
	}
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		if (replay(argv[1], e->d_name) != 0) {
			printf("not ok - %s\n", e->d_name);
			return 1;
		}
		n++;
	}
	closedir(d);
	if (n == 0) {
		printf("not ok - %s is empty\n", argv[1]);
		return 1;
	}
	printf("ok - %u inputs of %s\n", n, argv[1]);
	return 0;
}
