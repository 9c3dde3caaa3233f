#pragma once

#include <cstdint>
#include <vector>

#include "kernels/core/shape.h"

namespace kindling::test {

// The 11 different convolutions of ResNet-18 on 32x32 images.
inline std::vector<Conv2dShape> resnet18_convolutions(std::int64_t n) {
  return {
      {.n = n, .h = 32, .w = 32, .c = 3, .k = 64},                                    // stem
      {.n = n, .h = 32, .w = 32, .c = 64, .k = 64},                                   // stage 1
      {.n = n, .h = 32, .w = 32, .c = 64, .k = 128, .stride = 2},                     // stage 2
      {.n = n, .h = 16, .w = 16, .c = 128, .k = 128},                                 //
      {.n = n, .h = 16, .w = 16, .c = 128, .k = 256, .stride = 2},                    // stage 3
      {.n = n, .h = 8, .w = 8, .c = 256, .k = 256},                                   //
      {.n = n, .h = 8, .w = 8, .c = 256, .k = 512, .stride = 2},                      // stage 4
      {.n = n, .h = 4, .w = 4, .c = 512, .k = 512},                                   //
      {.n = n, .h = 32, .w = 32, .c = 64, .k = 128, .r = 1, .stride = 2, .pad = 0},   // shortcuts
      {.n = n, .h = 16, .w = 16, .c = 128, .k = 256, .r = 1, .stride = 2, .pad = 0},  //
      {.n = n, .h = 8, .w = 8, .c = 256, .k = 512, .r = 1, .stride = 2, .pad = 0},    //
  };
}

// What a tiled kernel may get wrong: odd sizes, channels that fill no vector, tails after whole tiles, h != w, images
// smaller than the filter's reach, strides that leave rows unread. Columns: n, h, w, c, k, r, stride, pad.
inline std::vector<Conv2dShape> odd_convolutions() {
  return {
      // 3x3, stride 1, pad 1
      {1, 1, 1, 1, 1, 3, 1, 1},
      {1, 1, 1, 3, 2, 3, 1, 1},
      {2, 1, 5, 4, 3, 3, 1, 1},
      {2, 5, 1, 3, 4, 3, 1, 1},
      {1, 2, 2, 8, 8, 3, 1, 1},
      {3, 2, 3, 5, 7, 3, 1, 1},
      {1, 3, 3, 16, 16, 3, 1, 1},
      {2, 5, 5, 1, 9, 3, 1, 1},
      {1, 7, 9, 9, 1, 3, 1, 1},
      {2, 6, 10, 15, 17, 3, 1, 1},
      {1, 9, 7, 17, 15, 3, 1, 1},
      {1, 13, 11, 31, 33, 3, 1, 1},
      {1, 4, 4, 65, 63, 3, 1, 1},
      {5, 4, 4, 12, 20, 3, 1, 1},
      {7, 3, 5, 6, 10, 3, 1, 1},
      {1, 32, 31, 3, 13, 3, 1, 1},
      {1, 17, 33, 2, 24, 3, 1, 1},
      {1, 1, 40, 7, 8, 3, 1, 1},
      {1, 40, 1, 8, 7, 3, 1, 1},
      // 3x3, stride 2, pad 1
      {1, 1, 1, 2, 3, 3, 2, 1},
      {1, 2, 2, 3, 5, 3, 2, 1},
      {2, 3, 3, 8, 8, 3, 2, 1},
      {1, 5, 4, 7, 9, 3, 2, 1},
      {3, 7, 7, 16, 8, 3, 2, 1},
      {1, 9, 12, 17, 18, 3, 2, 1},
      {1, 13, 6, 33, 31, 3, 2, 1},
      {2, 8, 8, 20, 36, 3, 2, 1},
      {1, 31, 29, 4, 6, 3, 2, 1},
      // 1x1
      {1, 1, 1, 1, 1, 1, 1, 0},
      {2, 3, 5, 7, 11, 1, 1, 0},
      {1, 6, 6, 33, 17, 1, 1, 0},
      {3, 1, 1, 64, 10, 1, 1, 0},
      {1, 1, 1, 3, 5, 1, 2, 0},
      {2, 2, 2, 9, 9, 1, 2, 0},
      {1, 5, 7, 13, 19, 1, 2, 0},
      {3, 4, 9, 16, 24, 1, 2, 0},
      {1, 9, 8, 31, 65, 1, 2, 0},
      // other filters, strides and padding: the contract has no favourites
      {1, 3, 3, 4, 4, 3, 1, 0},
      {2, 6, 5, 5, 6, 3, 2, 0},
      {1, 4, 5, 3, 8, 3, 1, 2},
      {1, 6, 7, 5, 3, 5, 1, 2},
      {2, 9, 9, 3, 4, 5, 2, 2},
      {1, 4, 6, 6, 5, 2, 1, 0},
      {1, 5, 5, 3, 3, 2, 2, 1},
      {1, 10, 11, 4, 5, 3, 3, 1},
      {1, 7, 7, 2, 2, 1, 3, 0},
      {1, 2, 1, 3, 2, 5, 1, 2},
      {1, 6, 6, 2, 3, 1, 1, 1},
      // batches that a backend cuts into several blocks of images, the last one partial
      {9, 5, 4, 3, 5, 3, 1, 1},
      {17, 6, 5, 20, 9, 3, 1, 1},
      {20, 9, 8, 5, 7, 3, 2, 1},
      {19, 7, 7, 9, 11, 1, 2, 0},
      {16, 8, 8, 33, 17, 3, 1, 1},
      {17, 8, 8, 40, 257, 3, 1, 1},
      {51, 4, 5, 20, 33, 3, 1, 1},
  };
}

// Activations for the ops that work pixel by pixel or channel by channel: the network's own, and odd ones.
inline std::vector<Shape4> activation_shapes() {
  return {
      {3, 32, 32, 64}, {3, 16, 16, 128}, {3, 8, 8, 256}, {3, 4, 4, 512}, {2, 1, 1, 1},   {1, 1, 2, 3},  {1, 3, 1, 5},
      {2, 2, 2, 7},    {1, 5, 3, 8},     {3, 7, 5, 9},   {1, 9, 9, 15},  {2, 4, 4, 16},  {5, 1, 1, 17}, {1, 13, 11, 31},
      {1, 6, 7, 33},   {7, 3, 2, 63},    {2, 5, 4, 65},  {128, 1, 1, 2}, {1, 31, 33, 4},
  };
}

}  // namespace kindling::test
