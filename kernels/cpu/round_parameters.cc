#include "kernels/round_parameters.h"

#include "kernels/core/check.h"
#include "kernels/cpu/cpu_context.h"
#include "kernels/cpu/parallel.h"

namespace kindling {

template <class T>
void round_parameters(CpuContext<T>& context, ConstParams<CpuContext<T>> from, View<HostSpace, T> to) {
  const OpCheck check("round_parameters");
  check.size("to", to, from.size());
  const Tiles tiles{from.size(), std::int64_t{64} * 1024};
  parallel_for(context.threads(), tiles.count(), [&](std::int64_t tile, int /*thread*/) {
    const std::int64_t begin = tiles.begin(tile);
    context.rows().round(from.data() + begin, to.data() + begin, tiles.length(tile));
  });
}

template void round_parameters(CpuContext<bfloat16>&, View<HostSpace, const float>, View<HostSpace, bfloat16>);

}  // namespace kindling
