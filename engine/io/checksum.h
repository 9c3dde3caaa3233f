#pragma once

#include <span>
#include <string>

#include "engine/io/safetensors_header.h"

namespace kindling {

// XXH3-64 as 16 hexadecimal digits. Everything of variable length goes in with its length, so that no two different
// inputs are the same bytes.

// Names, types, shapes and bytes of tensors, whatever order they come in.
std::string checksum_of(std::span<const TensorRecord> tensors);

std::string checksum_of(const StringMap& strings);

}  // namespace kindling
