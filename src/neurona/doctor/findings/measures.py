"""The meaning of each finding's number, for a table of them and of where they begin to tell."""

from __future__ import annotations

from collections.abc import Mapping

from neurona.language import Text

MEASURES: Mapping[str, Text] = {
    "wrong-gradient": Text(
        "Relative error of the gradient, against differences",
        "Error relativo del gradiente, frente a diferencias",
    ),
    "softmax-of-one": Text("Units of the softmax", "Neuronas de la softmax"),
    "softmax-of-labels": Text(
        "Share of examples without exactly one label",
        "Proporción de ejemplos sin exactamente una etiqueta",
    ),
    "output-range": Text(
        "Share of the targets' variance out of the output's reach",
        "Proporción de la varianza de los objetivos fuera del alcance de la salida",
    ),
    "cost-and-output": Text(
        "Outputs that are not the cost's probabilities: their sum, or the share outside 0 to 1",
        "Salidas que no son las probabilidades del coste: su suma, o la proporción fuera de 0 a 1",
    ),
    "summed-cost": Text("Examples that the cost adds up", "Ejemplos que el coste suma"),
    "leaked-examples": Text(
        "Share of validation rows that are training rows too",
        "Proporción de filas de validación que están en el entrenamiento",
    ),
    "contradicting-labels": Text(
        "Share of examples with equal inputs and another target",
        "Proporción de ejemplos con iguales entradas y otro objetivo",
    ),
    "extreme-targets": Text(
        "Share of the targets' variance that 2 % of the examples hold",
        "Proporción de la varianza de los objetivos que reúne el 2 % de los ejemplos",
    ),
    "extreme-inputs": Text(
        "Share of a column's variance that its extreme numbers hold",
        "Proporción de la varianza de una columna que reúnen sus números extremos",
    ),
    "unmoved-layer": Text(
        "Change of the layer's weights in all steps, in that of the layer that changes most",
        "Cambio de los pesos de la capa en todos los pasos, frente al de la capa que más cambia",
    ),
    "flung": Text(
        "Cost at the end, in costs of the start or of the best constant",
        "Coste al final, en costes del comienzo o de la mejor constante",
    ),
    "sorted-batches": Text(
        "Share of the batches that hold one class", "Proporción de lotes de una sola clase"
    ),
    "sorted-numbers": Text(
        "Share of the targets' variance that lies between the batches",
        "Proporción de la varianza de los objetivos que está entre los lotes",
    ),
    "input-scale": Text(
        "Size of the inputs, or ratio of the largest to the smallest",
        "Tamaño de las entradas, o razón entre la mayor y la menor",
    ),
    "target-scale": Text("Size of the targets", "Tamaño de los objetivos"),
    "no-activation": Text(
        "Layers in a row without an activation", "Capas seguidas sin función de activación"
    ),
    "symmetric-units": Text(
        "Neurons of the layer with weights of their own", "Neuronas de la capa con pesos propios"
    ),
    "large-weights": Text(
        "Cost at step 0, in costs of the best constant",
        "Coste en el paso 0, en costes de la mejor constante",
    ),
    "saturated-layer": Text(
        "Share of the layer's activations where it is flat",
        "Proporción de activaciones de la capa donde es plana",
    ),
    "dead-layer": Text(
        "Share of the layer's neurons that are dead", "Proporción de neuronas muertas en la capa"
    ),
    "fading-signal": Text(
        "Signal, from layer 1 to the output, at step 0",
        "Señal, de la capa 1 a la salida, en el paso 0",
    ),
    "forgetting": Text(
        "Gradient at the last step, in gradients at the first",
        "Gradiente en el último paso, en gradientes en el primero",
    ),
    "fading-gradient": Text(
        "Gradient, from the last layer to the first, at step 0",
        "Gradiente, de la última capa a la primera, en el paso 0",
    ),
    "diverged": Text("Steps with a finite cost", "Pasos con un coste finito"),
    "rate-too-high": Text(
        "Learning rate, against 4 / largest curvature",
        "Tasa de aprendizaje, frente a 4 / curvatura máxima",
    ),
    "oscillating": Text(
        "Change of the cost from step to step", "Cambio del coste de un paso a otro"
    ),
    "long-steps": Text(
        "Length of a step, in lengths of the weights", "Longitud de un paso, en la de los pesos"
    ),
    "rate-too-low": Text(
        "Reach of the steps: rate times curvature, or times steps",
        "Alcance de los pasos: tasa por curvatura, o por pasos",
    ),
    "too-few-steps": Text(
        "Fall of the cost in the last fifth of the steps",
        "Bajada del coste en el último quinto de los pasos",
    ),
    "moved": Text(
        "Change of the weights in all steps, in lengths of the first weights",
        "Cambio de los pesos en todos los pasos, en la longitud de los iniciales",
    ),
    "absolute-error-of-classes": Text(
        "Cost of always predicting the larger class",
        "Coste de predecir siempre la clase mayor",
    ),
    "flat-cost": Text(
        "Share of outputs that are sure and wrong",
        "Proporción de salidas seguras y equivocadas",
    ),
    "classes-as-numbers": Text("Largest prediction of a class", "Mayor predicción de una clase"),
    "strong-penalty": Text(
        "Share of the penalty in the cost", "Parte de la penalización en el coste"
    ),
    "decay": Text(
        "Size of the first weights, in that at which the decay holds them",
        "Tamaño de los pesos iniciales, frente al que permite el decaimiento",
    ),
    "small-batches": Text(
        "Spread of the predictions by their batch, in their spread by the inputs",
        "Dispersión de las predicciones por su lote, frente a la que causan las entradas",
    ),
    "strong-dropout": Text(
        "Cost with dropout, in costs without it", "Coste con dropout, en costes sin él"
    ),
    "loud-dropout": Text(
        "Spread of the predictions by dropout, in their spread by the inputs",
        "Dispersión de las predicciones por el dropout, frente a la que causan las entradas",
    ),
    "no-hidden-layer": Text(
        "Skill of neighbors beyond a straight line", "Acierto de los vecinos más allá de una recta"
    ),
    "unbalanced-classes": Text("Recall of the rare class", "Exhaustividad de la clase rara"),
    "memorizing": Text(
        "Cost on the validation, in its lowest", "Coste en la validación, frente al mínimo que tuvo"
    ),
    "too-small": Text(
        "Skill of the network, against that of neighbors",
        "Acierto de la red, frente al de los vecinos",
    ),
    "no-signal": Text("Skill of neighbors", "Acierto de los vecinos"),
    "constant-output": Text(
        "Spread of the predictions, in spreads of the targets",
        "Dispersión de las predicciones, frente a la de los objetivos",
    ),
}
