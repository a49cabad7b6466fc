// SPDX-License-Identifier: Apache-2.0
// A plan, its gates and what is wrong with it, as lines for people. Pure.
#pragma once

#include <string>
#include <vector>

#include "controller/cli/action_words.hpp"
#include "controller/cli/plan_view.hpp"
#include "controller/cli/terminal.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::cli {

using Gates = google::protobuf::RepeatedPtrField<v1::Block>;
using Problems = google::protobuf::RepeatedPtrField<v1::EstateProblem>;

// What it is, what it touches at most, then stage by stage: hosts, steps in order, and the undo of each.
[[nodiscard]] std::vector<std::string> render_plan(const PlanView& plan, const Terminal& terminal);
// One stage's steps and undo steps, as render_plan shows them. With whole digests, as for a signature, also
// each step's name, agent, digests, and what undoes it. An action without words is shown as its JSON text.
[[nodiscard]] std::vector<std::string> render_stage(const PlanStageView& stage, const Terminal& terminal,
                                                    Digests digests);
// Each gate, its verdict now, why, and what to do; those that do not pass first within their environment.
[[nodiscard]] std::vector<std::string> render_gates(const Gates& gates, const Terminal& terminal);
// file:line:column: error: message, then the remedy.
[[nodiscard]] std::vector<std::string> render_problems(const Problems& problems, const Terminal& terminal);

}  // namespace signalbox::cli
