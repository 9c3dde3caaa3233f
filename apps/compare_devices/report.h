#pragma once

#include <string>

#include "apps/compare_devices/result.h"

namespace kindling {

// A comparison as text. Rows and columns are the same on the screen and in the files, but for digits.

// Tables for a terminal of 100 columns, with a line that says what each column means.
std::string to_text(const Comparison& comparison);

// A row for each epoch of each measurement, then one for their mean ("all") and one for the mean without the first
// ("without_first"):
//   device,precision,epoch,images,data_s,compute_s,total_s,images_per_s,tflops,share_of_peak,speed_up,peak_tflops,
//   peak_memory_mb
std::string devices_csv(const Comparison& comparison);

// A row for each compared step, beside the loss of that step in the measured training (empty if there is none):
//   device,precision,step,cpu_loss,loss,difference,loss_bound,update_difference,update_bound,is_within,free_cpu_loss,
//   free_loss,free_difference
std::string losses_csv(const Comparison& comparison);

}  // namespace kindling
