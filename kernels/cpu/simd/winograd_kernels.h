#pragma once

#include <cstdint>

namespace kindling {

// The inner loops of Winograd's convolutions F(m x m, 3 x 3), m = 2 or 4 (Lavin, Gray: "Fast Algorithms for
// Convolutional Neural Networks", 2015, whose matrices these are):
//   y  = A^T [ sum over c of (G w G^T) . (B^T x B) ] A      for every tile of m x m outputs, . element by element
//   dw = G^T [ sum over tiles of (A dy A^T) . (B^T x B) ] G
// The transforms have e x e elements, e = m + 2; each works on many channels at once, which lie innermost. Element (i,
// j) of a transform is at transform + (i e + j) transform_stride.

// How pixels become a transform: pixel (i, j), i and j < n, is at pixels + i row_stride + j column_stride. Those
// outside the rows and columns given are zeros and aren't read. Channels up to a whole register are written, zeros
// behind the last: transform_stride must leave room for them.
struct ToWinograd {
  const float* pixels;
  std::int64_t row_stride;
  std::int64_t column_stride;
  std::int64_t row_begin;
  std::int64_t row_end;
  std::int64_t column_begin;
  std::int64_t column_end;
  std::int64_t channels;
  float* transform;
  std::int64_t transform_stride;
};

// How a transform becomes pixels, of which the first `rows` by `columns` are written. Channels of the transform are
// read up to a whole register.
struct FromWinograd {
  const float* transform;
  std::int64_t transform_stride;
  float* pixels;
  std::int64_t row_stride;
  std::int64_t column_stride;
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t channels;
  bool accumulate;  // pixels += instead of =
};

struct WinogradKernels {
  std::int64_t outputs;  // m

  void (*input)(const ToWinograd& tile);              // B^T x B, n = e
  void (*filter)(const ToWinograd& tile);             // G w G^T, n = 3
  void (*output_gradient)(const ToWinograd& tile);    // A dy A^T, n = m
  void (*output)(const FromWinograd& tile);           // A^T z A, m x m pixels
  void (*filter_gradient)(const FromWinograd& tile);  // G^T z G, 3 x 3 pixels

  std::int64_t extent() const { return outputs + 2; }
  std::int64_t elements() const { return extent() * extent(); }
};

// c[i][j] (+)= sum over d of a[i a_row_stride + d a_depth_stride] b[d b_stride + j], i < rows <= tile_rows, j <
// tile_columns, in the order of d. One of a's strides is 1. All tile_columns are computed and written.
//
// The operands of Winograd's products are each used only a few times, so that waiting for memory would take as long as
// multiplying. Meanwhile what the next products need is brought nearer, a bit with every step of d: from soon + d
// soon_step to the L1 cache, from later + d later_step to the L2 cache. They may point anywhere.
struct StridedProduct {
  const float* a;
  std::int64_t a_row_stride;
  std::int64_t a_depth_stride;
  const float* b;
  std::int64_t b_stride;
  std::int64_t depth;
  float* c;
  std::int64_t c_row_stride;
  std::int64_t rows;
  bool accumulate;
  const float* soon;
  std::int64_t soon_step;
  const float* later;
  std::int64_t later_step;
};

}  // namespace kindling
