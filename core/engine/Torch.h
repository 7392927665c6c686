// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The precompiled header of this folder. ATen and its autograd are all that is used of LibTorch;
// <torch/torch.h> costs twice as much to compile.
#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/core/AutogradState.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>

// LibTorch's folder of headers carries an fmt of its own, which is found before the system's; the
// engine uses that one without a library.
#include <fmt/format.h>
#include <fmt/ranges.h>
