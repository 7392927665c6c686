// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/TrainPresets.h"

#include <QCoreApplication>

namespace heirloom {

namespace {

QString tr(const char* text) { return QCoreApplication::translate("TrainPresets", text); }

std::vector<TrainPreset> makePresets() {
    std::vector<TrainPreset> presets;

    TrainPreset& quick = presets.emplace_back();
    quick.title = tr("Quick look");
    quick.meaning = tr("20 epochs of AdamW on small images: shows which start is better");
    quick.options.epochs = 20;

    TrainPreset& conv = presets.emplace_back();
    conv.title = tr("CIFAR ResNet, short");
    conv.meaning = tr("10 epochs of SGD with flips and crops");
    conv.options.epochs = 10;
    conv.options.batchSize = 128;
    conv.options.optimizer = Optimizer::Sgd;
    conv.options.learningRate = 0.1;
    conv.options.minimumLearningRate = 0;
    conv.options.weightDecay = 5e-4;
    conv.options.warmupEpochs = 1;
    conv.options.flip = true;
    conv.options.cropPadding = 4;

    // Xu et al. (ICLR 2024), table of hyper-parameters for CIFAR-100; mixing and erasing are not offered here.
    TrainPreset& paper = presets.emplace_back();
    paper.title = tr("Weight selection paper");
    paper.meaning = tr("300 epochs, 50 of warm-up, batch 512, smoothing 0.1, as on CIFAR-100 but without mixing and erasing");
    paper.options.epochs = 300;
    paper.options.batchSize = 512;
    paper.options.warmupEpochs = 50;
    paper.options.labelSmoothing = 0.1;
    paper.options.flip = true;
    return presets;
}

} // namespace

const std::vector<TrainPreset>& trainPresets() {
    static const std::vector<TrainPreset> presets = makePresets();
    return presets;
}

bool matchesPreset(const FineTuneOptions& o, const TrainPreset& preset) {
    const FineTuneOptions& p = preset.options;
    return o.epochs == p.epochs && o.batchSize == p.batchSize && o.optimizer == p.optimizer &&
           o.learningRate == p.learningRate && o.minimumLearningRate == p.minimumLearningRate &&
           o.warmupEpochs == p.warmupEpochs && o.weightDecay == p.weightDecay && o.momentum == p.momentum &&
           o.labelSmoothing == p.labelSmoothing && o.flip == p.flip && o.cropPadding == p.cropPadding;
}

} // namespace heirloom
