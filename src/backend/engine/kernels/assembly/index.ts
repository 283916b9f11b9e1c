// The kernels' export list. Host code hands in every pointer; nothing here allocates, and nothing is garbage collected.
// Strides and leading dimensions are counted in floats, pointers in bytes. A "panel" is 16 columns wide and holds its
// rows of 16 floats one after another, so that the inner loop of a product reads it straight through.
export { peak, gemm } from './gemm'
export { packRows, packColumns } from './pack'
export { rmsForward, rmsBackward, headNormRope, headNormRopeBackward } from './norm'
export { embed, copy, scale, swigluForward, swigluBackward } from './pointwise'
export { attentionForward, attentionBackward } from './attention'
export { storeKeyValue, decodeAttention } from './decode'
export { targetLogprobs, logprobGradient, temper } from './softmax'
