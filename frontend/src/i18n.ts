// All texts, in both languages; a text that one of them lacks does not compile.

const en = {
  play: "Play", pause: "Pause", step: "One step", reset: "Reset", reseed: "New weights",
  steps: "Step", epoch: "Epoch", rate: "steps/s", speed: "Speed", full: "full",
  learning_rate: "Learning rate", cost: "Cost", optimizer: "Optimizer", batch: "Batch",
  all: "all", initializer: "First weights", l1: "L1", l2: "L2",
  data: "Data", noise: "Noise", points: "Points", test_share: "Test share", arms: "Arms",
  classes: "Classes", seed: "Seed", inputs: "Inputs", network: "Network", result: "Result",
  circles: "Circles", moons: "Moons", xor: "XOR", gaussians: "Gaussians", spirals: "Spirals",
  blobs: "Blobs", plane: "Plane", wave: "Wave", own: "Your own",
  add_layer: "Add a layer", remove_layer: "Remove a layer", more: "One neuron more",
  fewer: "One neuron fewer", activation: "Activation", own_rate: "Own rate", common: "common",
  output: "Output", hidden_layer: "Layer", input: "Input", neuron: "Neuron", bias: "Bias",
  weight: "Weight", value: "Value", frozen: "Frozen", close: "Close",
  train: "Training", test: "Test", accuracy: "Accuracy", wrong: "Wrong", log: "Log scale", stepped: "In steps",
  gradient: "Gradient of each layer", saturated: "saturated", confusion: "Confusion matrix",
  true_class: "true class in rows, answer in columns",
  draw: "Click places a point of class", surface: "What the network answers over the plane",
  curve: "Cost by step", time: "Time", branch: "Go on from here", now: "now",
  link: "Copy link", copied: "Link copied", png: "Save picture", ready: "Ready-made",
  lesson: "The lesson's circles", stuck: "The lesson's failure: stuck at 0.25",
  spiral: "Spiral with the fewest neurons", three: "Three classes", xor_ready: "XOR",
  wave_ready: "A number: the wave", choose: "choose…",
  theme: "Theme", auto: "auto", light: "light", dark: "dark", language: "Language",
  lost: "The line to neurona is lost; trying again. Your set-up is kept.",
  diverged: "The training diverged in layer {layer}. Try a learning rate of {rate}.",
  parameters: "parameters", dismiss: "Dismiss", main: "neurona's playground",
};

export type Texts = Record<keyof typeof en, string>;

const es: Texts = {
  play: "Entrenar", pause: "Pausa", step: "Un paso", reset: "Reiniciar", reseed: "Otros pesos",
  steps: "Paso", epoch: "Época", rate: "pasos/s", speed: "Velocidad", full: "máxima",
  learning_rate: "Tasa de aprendizaje", cost: "Coste", optimizer: "Optimizador", batch: "Lote",
  all: "todos", initializer: "Pesos iniciales", l1: "L1", l2: "L2",
  data: "Datos", noise: "Ruido", points: "Puntos", test_share: "Parte de prueba",
  arms: "Brazos", classes: "Clases", seed: "Semilla", inputs: "Entradas", network: "Red",
  result: "Resultado", circles: "Círculos", moons: "Lunas", xor: "XOR",
  gaussians: "Gaussianas", spirals: "Espirales", blobs: "Nubes", plane: "Plano", wave: "Onda",
  own: "Los tuyos", add_layer: "Añadir una capa", remove_layer: "Quitar una capa",
  more: "Una neurona más", fewer: "Una neurona menos", activation: "Función de activación",
  own_rate: "Tasa propia", common: "común", output: "Salida", hidden_layer: "Capa",
  input: "Entrada", neuron: "Neurona", bias: "Sesgo", weight: "Peso", value: "Valor",
  frozen: "Congelado", close: "Cerrar", train: "Entrenamiento", test: "Prueba",
  accuracy: "Aciertos", wrong: "Mal clasificado", log: "Escala logarítmica", stepped: "A saltos",
  gradient: "Gradiente de cada capa", saturated: "saturadas", confusion: "Matriz de confusión",
  true_class: "clase verdadera en filas, respuesta en columnas",
  draw: "Un clic pone un punto de clase", surface: "Lo que responde la red en el plano",
  curve: "Coste por paso", time: "Tiempo", branch: "Seguir desde aquí", now: "ahora",
  link: "Copiar enlace", copied: "Enlace copiado", png: "Guardar imagen", ready: "Preparados",
  lesson: "Los círculos de la lección", stuck: "El fallo de la lección: parada en 0,25",
  spiral: "Espiral con las menos neuronas", three: "Tres clases", xor_ready: "XOR",
  wave_ready: "Un número: la onda", choose: "elige…", theme: "Tema", auto: "automático",
  light: "claro", dark: "oscuro", language: "Idioma",
  lost: "Se ha perdido la conexión con neurona; lo intento de nuevo. Tu configuración se conserva.",
  diverged: "El entrenamiento ha divergido en la capa {layer}. Prueba una tasa de {rate}.",
  parameters: "parámetros", dismiss: "Cerrar", main: "El laboratorio de neurona",
};

export const TEXTS = { en, es } as const;
export type Language = keyof typeof TEXTS;
