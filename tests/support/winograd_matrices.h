#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/support/random_values.h"

namespace kindling::test {

// The matrices of Winograd's F(m x m, 3 x 3) as Lavin and Gray (2015) have them, and products of small matrices.

using Matrix = std::vector<std::vector<double>>;

struct WinogradMatrices {
  Matrix bt;
  Matrix g;
  Matrix at;
};

inline Matrix transposed(const Matrix& matrix) {
  Matrix result(matrix.front().size(), std::vector<double>(matrix.size()));
  for (std::size_t i = 0; i < matrix.size(); ++i) {
    for (std::size_t j = 0; j < matrix[i].size(); ++j) result[j][i] = matrix[i][j];
  }
  return result;
}

inline Matrix magnitudes_of(Matrix matrix) {
  for (std::vector<double>& row : matrix) row = magnitudes(row);
  return matrix;
}

inline WinogradMatrices winograd_magnitudes(std::int64_t outputs) {
  if (outputs == 2) {
    return {magnitudes_of(Matrix{{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}}),
            magnitudes_of(Matrix{{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}}),
            magnitudes_of(Matrix{{1, 1, 1, 0}, {0, 1, -1, -1}})};
  }
  return {magnitudes_of(Matrix{{4, 0, -5, 0, 1, 0},
                               {0, -4, -4, 1, 1, 0},
                               {0, 4, -4, -1, 1, 0},
                               {0, -2, -1, 2, 1, 0},
                               {0, 2, -1, -2, 1, 0},
                               {0, 4, 0, -5, 0, 1}}),
          magnitudes_of(Matrix{{1.0 / 4, 0, 0},
                               {-1.0 / 6, -1.0 / 6, -1.0 / 6},
                               {-1.0 / 6, 1.0 / 6, -1.0 / 6},
                               {1.0 / 24, 1.0 / 12, 1.0 / 6},
                               {1.0 / 24, -1.0 / 12, 1.0 / 6},
                               {0, 0, 1}}),
          magnitudes_of(Matrix{{1, 1, 1, 1, 1, 0}, {0, 1, -1, 2, -2, 0}, {0, 1, 1, 4, 4, 0}, {0, 1, -1, 8, -8, 1}})};
}

// M z M^T of a square z.
inline Matrix sandwich(const Matrix& m, const Matrix& z) {
  const auto product = [](const Matrix& a, const Matrix& b) {
    Matrix c(a.size(), std::vector<double>(b.front().size()));
    for (std::size_t i = 0; i < a.size(); ++i) {
      for (std::size_t k = 0; k < b.size(); ++k) {
        for (std::size_t j = 0; j < b[k].size(); ++j) c[i][j] += a[i][k] * b[k][j];
      }
    }
    return c;
  };
  return product(product(m, z), transposed(m));
}

}  // namespace kindling::test
