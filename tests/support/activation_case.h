#pragma once

#include <cstdint>
#include <vector>

#include "kernels/activation.h"
#include "tests/support/context_array.h"
#include "tests/support/random_values.h"

namespace kindling::test {

// A deferred activation; empty vectors are empty views.
struct DeferredCase {
  Shape4 shape;
  std::int64_t valid_n = 0;
  std::vector<double> raw;
  std::vector<double> scale;
  std::vector<double> shift;
  std::vector<double> residual;
  std::vector<double> residual_scale;
  std::vector<double> residual_shift;
  bool relu = false;
};

// The forms that the network and its variants use: with and without batch norm, no, identity or normalised shortcut.
struct DeferredForm {
  bool scaled;
  bool residual;
  bool residual_scaled;
  bool relu;
};

inline constexpr DeferredForm kDeferredForms[] = {
    {false, false, false, false}, {false, false, false, true}, {true, false, false, false}, {true, false, false, true},
    {false, true, false, true},   {true, true, false, false},  {true, true, false, true},   {true, true, true, false},
    {true, true, true, true},     {false, true, true, true},
};

inline DeferredCase deferred_case(const Shape4& shape, const DeferredForm& form, std::uint64_t seed) {
  RandomValues random(seed);
  DeferredCase data{.shape = shape,
                    .valid_n = shape.n,
                    .raw = random.reals(shape.elements()),
                    .scale = {},
                    .shift = {},
                    .residual = {},
                    .residual_scale = {},
                    .residual_shift = {},
                    .relu = form.relu};
  if (form.scaled) {
    data.scale = random.reals(shape.c);
    data.shift = random.reals(shape.c);
  }
  if (form.residual) data.residual = random.reals(shape.elements());
  if (form.residual_scaled) {
    data.residual_scale = random.reals(shape.c);
    data.residual_shift = random.reals(shape.c);
  }
  return data;
}

// Where the result goes: memory of its own, or one of the inputs'.
enum class MaterializeInto { kOwn, kRaw, kResidual };

template <class Backend>
std::vector<double> run_materialize(const DeferredCase& data, MaterializeInto into = MaterializeInto::kOwn) {
  using C = typename Backend::Context;
  C context = Backend::make();
  const ActivationArray<C> raw(context, data.raw);
  const ActivationArray<C> residual(context, data.residual);
  const ActivationArray<C> own(context, data.shape.elements());
  const ParamArray<C> scale(context, data.scale);
  const ParamArray<C> shift(context, data.shift);
  const ParamArray<C> residual_scale(context, data.residual_scale);
  const ParamArray<C> residual_shift(context, data.residual_shift);
  Deferred<C> value{.raw = raw.activation(data.shape, data.valid_n),
                    .scale = scale,
                    .shift = shift,
                    .residual = {},
                    .residual_scale = residual_scale,
                    .residual_shift = residual_shift,
                    .relu = data.relu};
  if (!data.residual.empty()) value.residual = residual.activation(data.shape, data.valid_n);
  const ActivationArray<C>& y = into == MaterializeInto::kOwn ? own : into == MaterializeInto::kRaw ? raw : residual;
  materialize(context, value, y.activation(data.shape, data.valid_n));
  return y.values();
}

}  // namespace kindling::test
