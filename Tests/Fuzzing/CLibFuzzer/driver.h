// driver.h: the one function of libFuzzer that Main.swift calls.
//
// libFuzzer usually brings `main` itself and wants one test function under a fixed name. We have many
// decoders in one program, so we keep `main`, choose the decoder, and hand over.

#ifndef FUZZING_DRIVER_H
#define FUZZING_DRIVER_H

#include <stddef.h>
#include <stdint.h>

/// Runs the fuzzer with these arguments until it is done; calls `once` for every input.
int LLVMFuzzerRunDriver(int *count, char ***arguments, int (*once)(const uint8_t *bytes, size_t size));

#endif
