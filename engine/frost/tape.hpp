// THE TAPE: how gradients are recorded and replayed.
//
// An op computes its output, then records how a gradient flows back through it:
//
//   Tensor mul(const Tensor& x, const Tensor& y) {
//     const Tensor z = …;                                                          // plain numbers
//     return record("MulBackward0", z,
//                   wrt(x, [y = Saved(y)](const Tensor& grad_out) { return grad_out * *y; }),
//                   wrt(y, [x = Saved(x)](const Tensor& grad_out) { return grad_out * *x; }));
//   }
//
// wrt(x, rule) is an input and the rule for its gradient; what the rule captures is what the tape saves. For
// a frozen input the rule is dropped with its captures: its gradient is not computed and nothing is kept for
// it. Under NoGradGuard, or where no input requires grad, all of them are dropped and nothing is recorded.
//
// Rules work on tensors with the public ops, so that a backward pass can itself be recorded (create_graph).
//
// The graph belongs to the tensors that need it: a tensor holds the Node that made it (grad_fn), a node holds
// the nodes of its inputs (next_edges). There is no global tape. Building, running and destroying a graph
// take no recursion, so a graph may be millions of nodes deep.
//
// Threads. The grad mode and the cache of freed memory are each thread's own. Threads may build graphs and
// run passes over them at once, each thread its own graphs, and share
//   - what is frozen, tensors and modules, which they read;
//   - leaves that require grad, in passes that keep the gradients apart (autograd::grad, Into::captured). To
//     add to the grad() of one leaf from two threads at once is a race;
//   - the default generator: what fills one tensor is drawn in one piece.
// What one thread writes to (in place, by set_data, set_name, requires_grad_ or register_hook, by an
// optimiser's step), no other may use meanwhile. Handles are counted: those of one tensor may be copied and
// dropped in any thread, and the last frees it; but one handle is a variable like any other, not to be
// assigned to while another thread reads it.
#pragma once

#include <frost/backward.hpp>  // replaying: Backward, autograd::grad
#include <frost/node.hpp>      // what is recorded: Node, Edge, Saved
#include <frost/record.hpp>    // recording: record, wrt
