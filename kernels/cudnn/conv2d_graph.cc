#include "kernels/cudnn/conv2d_graph.h"

#include <array>
#include <span>

namespace kindling {
namespace {

// cuDNN lists extents in the order N,C,H,W whatever the layout; strides say how they lie: here C varies fastest.
BackendDescriptor nhwc_tensor(Conv2dTensorId id, const Shape4& shape, ConvPrecision precision) {
  const std::array<std::int64_t, 4> extents{shape.n, shape.c, shape.h, shape.w};
  const std::array<std::int64_t, 4> strides{shape.h * shape.w * shape.c, 1, shape.w * shape.c, shape.c};
  BackendDescriptor tensor(CUDNN_BACKEND_TENSOR_DESCRIPTOR, "tensor");
  tensor.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, static_cast<std::int64_t>(id));
  tensor.set(CUDNN_ATTR_TENSOR_DATA_TYPE, precision == ConvPrecision::kBf16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT);
  tensor.set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, kConv2dAlignmentBytes);
  tensor.set_all(CUDNN_ATTR_TENSOR_DIMENSIONS, std::span<const std::int64_t>(extents));
  tensor.set_all(CUDNN_ATTR_TENSOR_STRIDES, std::span<const std::int64_t>(strides));
  tensor.finalize();
  return tensor;
}

BackendDescriptor convolution(const Conv2dShape& shape) {
  const std::array<std::int64_t, 2> pads{shape.pad, shape.pad};
  const std::array<std::int64_t, 2> strides{shape.stride, shape.stride};
  const std::array<std::int64_t, 2> dilations{1, 1};
  BackendDescriptor descriptor(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR, "convolution");
  descriptor.set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, std::int64_t{2});
  descriptor.set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_DATA_FLOAT);
  descriptor.set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_CROSS_CORRELATION);
  descriptor.set_all(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, std::span<const std::int64_t>(pads));
  descriptor.set_all(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, std::span<const std::int64_t>(pads));
  descriptor.set_all(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, std::span<const std::int64_t>(strides));
  descriptor.set_all(CUDNN_ATTR_CONVOLUTION_DILATIONS, std::span<const std::int64_t>(dilations));
  descriptor.finalize();
  return descriptor;
}

// The same six attributes under another name in each pass.
struct OperationAttributes {
  cudnnBackendDescriptorType_t type;
  cudnnBackendAttributeName_t x, w, y, convolution, alpha, beta;
};

OperationAttributes attributes_of(Conv2dPass pass) {
  switch (pass) {
    case Conv2dPass::kForward:
      return {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA};
    case Conv2dPass::kDgrad:
      return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA};
    case Conv2dPass::kWgrad:
      break;
  }
  return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA};
}

}  // namespace

Conv2dGraph::Conv2dGraph(const Conv2dProblem& problem, const PlanTarget& target)
    : x_(nhwc_tensor(kTensorX, problem.shape.x_shape(), problem.precision)),
      w_(nhwc_tensor(kTensorW, {problem.shape.k, problem.shape.r, problem.shape.s(), problem.shape.c},
                     problem.precision)),
      y_(nhwc_tensor(kTensorY, problem.shape.y_shape(), problem.precision)),
      convolution_(convolution(problem.shape)),
      operation_(attributes_of(problem.pass).type, name_of(problem.pass)),
      graph_(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR, "operation graph") {
  const OperationAttributes attributes = attributes_of(problem.pass);
  operation_.set(attributes.x, x_);
  operation_.set(attributes.w, w_);
  operation_.set(attributes.y, y_);
  operation_.set(attributes.convolution, convolution_);
  operation_.set(attributes.alpha, 1.0F);
  operation_.set(attributes.beta, problem.accumulate == Accumulate::kAdd ? 1.0F : 0.0F);
  operation_.finalize();
  target.set_on_graph(graph_);
  graph_.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, operation_);
  graph_.finalize();
}

}  // namespace kindling
