#pragma once

// Marks what host and device code share. Under nvcc both are generated; elsewhere the macro is empty.
#ifdef __CUDACC__
#define KINDLING_HD __host__ __device__
#else
#define KINDLING_HD
#endif
